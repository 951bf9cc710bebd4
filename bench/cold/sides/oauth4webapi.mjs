export const packages = ['oauth4webapi'];

export const load = () => import('oauth4webapi');

/** It takes Fetch requests only, so making one is part of using it. */
const request = (token) =>
  new Request('https://api.example.com/books', { headers: { authorization: `Bearer ${token}` } });

export const ways = [
  {
    name: 'oauth4webapi',
    create({ validateJwtAccessToken }, { issuer, jwksUri, audience }) {
      const server = { issuer, jwks_uri: jwksUri };
      return (token) =>
        validateJwtAccessToken(server, request(token), audience, { signingAlgorithms: ['RS256'] });
    },
  },
  {
    name: 'oauth4webapi (discovery)',
    async create(library, { issuer, audience }) {
      const url = new URL(issuer);
      const answer = await library.discoveryRequest(url);
      const server = await library.processDiscoveryResponse(url, answer);
      return (token) =>
        library.validateJwtAccessToken(server, request(token), audience, { signingAlgorithms: ['RS256'] });
    },
  },
];
