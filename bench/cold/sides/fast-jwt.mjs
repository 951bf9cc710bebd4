import { createPublicKey } from 'node:crypto';

export const packages = ['fast-jwt'];

export const load = () => import('fast-jwt');

export const ways = [
  {
    name: 'fast-jwt',
    /** It fetches nothing, so the program does: once, and with what starts fastest. */
    create({ createVerifier }, { issuer, jwksUri, audience }) {
      let keys;
      const key = async ({ header: { kid } }) => {
        keys ??= await getKeys(jwksUri);
        return keys.get(kid);
      };
      return createVerifier({ key, allowedIss: issuer, allowedAud: audience, algorithms: ['RS256'] });
    },
  },
];

async function getKeys(uri) {
  const { get } = await import('node:https');
  const body = await new Promise((resolve, reject) => {
    get(uri, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve(text));
    }).on('error', reject);
  });
  const pem = (jwk) => createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'pem', type: 'spki' });
  return new Map(JSON.parse(body).keys.map((jwk) => [jwk.kid, pem(jwk)]));
}
