import jsonwebtoken from 'jsonwebtoken';
import { JwksClient } from 'jwks-rsa';

export const name = 'jwks-rsa + jsonwebtoken';
export const packages = ['jwks-rsa', 'jsonwebtoken'];
export const configuration =
  '`cache`, `cacheMaxAge` = the age, `cacheMaxAgeFallback` a day, `rateLimit` (10 a minute), `timeout` 5 s instead of 30';

export const reasons = [
  '(b): each unknown `kid` is a request of its own up to 10 a minute; concurrent calls above that wait in the token bucket of its limiter, which lets one through every 6 s, later ones are refused at once.',
  '(c), (d): keys past their age are served when the refresh has failed, so each verification of an outage waits for its failure: no time at all for a 500, the whole timeout when the endpoint hangs.',
  '(d): Node gives a connection that was kept alive 4 s, and does not raise that when a request asks for the 5 s that its agent has anyway.',
  '(e), (f): each unknown `kid` is fetched at once while the limit of 10 a minute lasts.',
];

export function create({ issuer, audience, jwksUri, ageSeconds }) {
  const client = new JwksClient({
    jwksUri,
    cache: true,
    cacheMaxAge: ageSeconds * 1000,
    cacheMaxAgeFallback: 24 * 60 * 60 * 1000,
    rateLimit: true,
    timeout: 5000,
  });
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
}
