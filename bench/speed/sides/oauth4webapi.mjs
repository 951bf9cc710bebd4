import { customFetch, validateJwtAccessToken } from 'oauth4webapi';

export const packages = ['oauth4webapi'];

export const sides = [
  {
    name: 'oauth4webapi',
    create({ issuer, audience, alg, jwksUri, fetch, request: { method, url } }) {
      const server = { issuer, jwks_uri: jwksUri };
      const options = { [customFetch]: fetch, signingAlgorithms: [alg] };
      const proofOptions = { ...options, signingAlgorithms: [alg, 'ES256'] };
      // It takes Fetch requests only, so making one is part of using it.
      const request = (headers) => new Request(url, { method, headers });
      return {
        verify: (token) =>
          validateJwtAccessToken(server, request({ authorization: `Bearer ${token}` }), audience, options),
        verifyRequest: (headers) => validateJwtAccessToken(server, request(headers), audience, proofOptions),
      };
    },
  },
];
