export const packages = ['express-oauth2-jwt-bearer'];

export const load = () => import('express-oauth2-jwt-bearer');

export const ways = [
  {
    name: 'express-oauth2-jwt-bearer',
    create: (library, { issuer, jwksUri, audience }) => verifierOf(library, { issuer, jwksUri, audience }),
  },
  {
    name: 'express-oauth2-jwt-bearer (issuerBaseURL)',
    create: (library, { issuer, audience }) => verifierOf(library, { issuerBaseURL: issuer, audience }),
  },
];

/** Called as Express calls it, without the HTTP around it. */
function verifierOf({ default: { auth } }, options) {
  const handler = auth({ ...options, tokenSigningAlg: 'RS256', clockTolerance: 0 });
  return (token) =>
    new Promise((resolve, reject) => {
      const headers = { host: 'api.example.com', authorization: `Bearer ${token}` };
      const request = {
        method: 'GET',
        protocol: 'https',
        originalUrl: '/books',
        headers,
        query: {},
        get: (name) => headers[name.toLowerCase()],
        is: () => false,
      };
      const next = (error) => (error === undefined ? resolve(request.auth.payload) : reject(error));
      void handler(request, {}, next);
    });
}
