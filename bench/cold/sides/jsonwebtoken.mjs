export const packages = ['jsonwebtoken', 'jwks-rsa'];

export const load = async () => ({
  jsonwebtoken: (await import('jsonwebtoken')).default,
  JwksClient: (await import('jwks-rsa')).JwksClient,
});

export const ways = [
  {
    name: 'jsonwebtoken + jwks-rsa',
    create({ jsonwebtoken, JwksClient }, { issuer, jwksUri, audience }) {
      const client = new JwksClient({ jwksUri, cache: true, rateLimit: true });
      const keyOf = ({ kid }, callback) => {
        client.getSigningKey(kid).then((key) => callback(null, key.getPublicKey()), callback);
      };
      const options = { issuer, audience, algorithms: ['RS256'] };
      return (token) =>
        new Promise((resolve, reject) => {
          jsonwebtoken.verify(token, keyOf, options, (error, claims) =>
            error ? reject(error) : resolve(claims),
          );
        });
    },
  },
];
