import jsonwebtoken from 'jsonwebtoken';
import { JwksClient } from 'jwks-rsa';

export const packages = ['jsonwebtoken', 'jwks-rsa'];

export const sides = [
  {
    name: 'jsonwebtoken + jwks-rsa',
    create({ issuer, audience, alg, jwks, jwksUri }) {
      const client = new JwksClient({ jwksUri, cache: true, rateLimit: true, fetcher: async () => jwks });
      const keyOf = ({ kid }, callback) => {
        client.getSigningKey(kid).then((key) => callback(null, key.getPublicKey()), callback);
      };
      const options = { issuer, audience, algorithms: [alg] };
      return {
        verify: (token) =>
          new Promise((resolve, reject) => {
            jsonwebtoken.verify(token, keyOf, options, (error, claims) =>
              error ? reject(error) : resolve(claims),
            );
          }),
      };
    },
  },
  {
    name: 'jsonwebtoken (fixed key)',
    create({ issuer, audience, alg, keys: [{ publicKey }] }) {
      const options = { issuer, audience, algorithms: [alg] };
      return { verifySync: (token) => jsonwebtoken.verify(token, publicKey, options) };
    },
  },
];
