export const packages = ['aws-jwt-verify'];

export const load = () => import('aws-jwt-verify');

export const ways = [
  {
    name: 'aws-jwt-verify',
    create({ JwtVerifier }, { issuer, jwksUri, audience }) {
      const verifier = JwtVerifier.create({ issuer, audience, jwksUri });
      return (token) => verifier.verify(token);
    },
  },
];
