import { ApiClient } from '../../../dist/index.js';

export const packages = [];

export const sides = [
  {
    name: 'auth0-api-ts',
    create({ issuer, audience, alg, fetch, request: { method, url } }) {
      const client = new ApiClient({
        domain: issuer,
        audience,
        algorithms: [alg],
        customFetch: fetch,
      });
      return {
        verify: (accessToken) => client.verifyAccessToken({ accessToken }),
        verifyRequest: (headers) => client.verifyRequest({ headers, httpMethod: method, httpUrl: url }),
      };
    },
  },
];
