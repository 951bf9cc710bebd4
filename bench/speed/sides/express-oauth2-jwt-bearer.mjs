import bearer from 'express-oauth2-jwt-bearer';

export const packages = ['express-oauth2-jwt-bearer'];

export const sides = [
  {
    name: 'express-oauth2-jwt-bearer',
    create({ issuer, audience, alg, loopbackJwksUri, request: { method, url } }) {
      const handler = bearer.auth({
        issuer,
        jwksUri: loopbackJwksUri,
        audience,
        tokenSigningAlg: alg,
        clockTolerance: 0,
      });
      const { host, pathname, protocol } = new URL(url);
      /** Called as Express calls it, without the HTTP around it. */
      const verifyRequest = (credentials) =>
        new Promise((resolve, reject) => {
          const headers = { host, ...credentials };
          const request = {
            method,
            protocol: protocol.slice(0, -1),
            originalUrl: pathname,
            headers,
            query: {},
            get: (name) => headers[name.toLowerCase()],
            is: () => false,
          };
          const next = (error) => (error === undefined ? resolve(request.auth.payload) : reject(error));
          void handler(request, {}, next);
        });
      return { verify: (token) => verifyRequest({ authorization: `Bearer ${token}` }), verifyRequest };
    },
  },
];
