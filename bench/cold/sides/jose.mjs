export const packages = ['jose'];

export const load = () => import('jose');

export const ways = [
  {
    name: 'jose',
    create({ createRemoteJWKSet, jwtVerify }, { issuer, jwksUri, audience }) {
      const keys = createRemoteJWKSet(new URL(jwksUri));
      const options = { issuer, audience, algorithms: ['RS256'] };
      return async (token) => (await jwtVerify(token, keys, options)).payload;
    },
  },
];
