import { createRemoteJWKSet, jwtVerify } from 'jose';

export const name = 'jose';
export const packages = ['jose'];
export const configuration =
  '`createRemoteJWKSet` with `cacheMaxAge` = the age, other defaults (`cooldownDuration` 30 s, timeout 5 s)';

export const reasons = [
  '(b), (e): any fetch, also the first, begins the cooldown in which no unknown `kid` causes another; so a flood costs nothing and a new key waits.',
  '(c), (d): keys past their age are never used, so a failed refresh fails the verification.',
  '(e), age 15 s: the age ends before the cooldown does, and brings the new key.',
];

export function create({ issuer, audience, jwksUri, ageSeconds }) {
  const keys = createRemoteJWKSet(new URL(jwksUri), { cacheMaxAge: ageSeconds * 1000 });
  return async (token) => (await jwtVerify(token, keys, { issuer, audience, algorithms: ['RS256'] })).payload;
}
