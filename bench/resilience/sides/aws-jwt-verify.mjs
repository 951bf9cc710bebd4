import { JwtVerifier } from 'aws-jwt-verify';

export const name = 'aws-jwt-verify';
export const packages = ['aws-jwt-verify'];
export const configuration = '`JwtVerifier` with its own cache, which has no age; its fetch waits 3 s, twice';

export const reasons = [
  '(c), (d): its keys have no age; nothing is fetched, so nothing can fail. (g) is the price: a withdrawn key is trusted until the process ends.',
  '(b), (f): after an unknown `kid` that was not found, nothing is fetched for 10 s.',
];

export function create({ issuer, audience, jwksUri }) {
  const verifier = JwtVerifier.create({ issuer, audience, jwksUri });
  return (token) => verifier.verify(token);
}
