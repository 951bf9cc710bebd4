import bearer from 'express-oauth2-jwt-bearer';

export const name = 'express-oauth2-jwt-bearer';
export const packages = ['express-oauth2-jwt-bearer'];
export const configuration =
  '`auth()` with `issuerBaseURL`, `cacheMaxAge` = the age, no clock tolerance, other defaults (`cooldownDuration` 30 s, ' +
  'timeout 5 s); called as Express calls it, without the HTTP around it';

export const reasons = [
  '(b) to (g): its keys are those of `createRemoteJWKSet` of jose 4, with the same cooldown and the same age.',
  '(d): 4 s rather than 5, for the same reason as jwks-rsa: both use `node:https`.',
];

export function create({ issuer, audience, ageSeconds }) {
  const handler = bearer.auth({
    issuerBaseURL: issuer,
    audience,
    cacheMaxAge: ageSeconds * 1000,
    tokenSigningAlg: 'RS256',
    clockTolerance: 0,
  });
  return (token) =>
    new Promise((resolve, reject) => {
      const headers = { host: 'api.example.com', authorization: `Bearer ${token}` };
      const request = {
        method: 'GET',
        protocol: 'https',
        originalUrl: '/books',
        headers,
        query: {},
        get: (header) => headers[header.toLowerCase()],
        is: () => false,
      };
      const next = (error) => (error === undefined ? resolve(request.auth.payload) : reject(error));
      void handler(request, {}, next);
    });
}
