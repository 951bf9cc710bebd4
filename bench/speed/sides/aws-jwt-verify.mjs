import { JwtVerifier } from 'aws-jwt-verify';

export const packages = ['aws-jwt-verify'];

export const sides = [
  {
    name: 'aws-jwt-verify',
    create({ issuer, audience, jwksUri, jwks }) {
      const verifier = JwtVerifier.create({ issuer, audience, jwksUri });
      verifier.cacheJwks(jwks);
      return { verifySync: (token) => verifier.verifySync(token), verify: (token) => verifier.verify(token) };
    },
  },
];
