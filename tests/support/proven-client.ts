/**
 * A client of a tenant that knows its secret and its public key, and what it sends to prove who it is.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { ApiClientOptions } from '../../src/index.ts';
import { setUp } from './scenario.ts';

export const SECRET = 'secret+of/the:client=with & odd characters';
export const AUDIENCE = 'https://billing.example.com';

export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const pem = pemOf(rsa.privateKey);

export function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A client of a tenant that knows this public key. */
export function setUpClient(options: Partial<ApiClientOptions>, publicKey: KeyObject = rsa.publicKey) {
  const publicJwk = publicKey.export({ format: 'jwk' });
  const { tenant, createClient, clock } = setUp({
    tenant: { clients: [{ clientId: 'orders-api', clientSecret: SECRET, publicJwk }] },
  });
  const client = createClient({ onBehalfOfCache: false, ...options });
  const ask = () => client.getTokenByClientCredentials({ audience: AUDIENCE });
  const last = () => tenant.requests.findLast(({ kind }) => kind === 'token');
  const assertion = () => {
    const text = last()?.form?.client_assertion;
    if (typeof text !== 'string') throw new Error('there was no assertion');
    return text;
  };
  return { tenant, client, clock, ask, last, assertion };
}

/** Options of a client with a key and no secret. */
export const byKey = (
  key: ApiClientOptions['clientAssertionSigningKey'],
  more: Partial<ApiClientOptions> = {},
) => ({
  clientSecret: undefined,
  clientAssertionSigningKey: key,
  ...more,
});

export function keyPair(
  type: 'rsa' | 'ec' | 'ed25519',
  { namedCurve = 'P-256' }: { readonly namedCurve?: string },
): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  if (type === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return type === 'ec' ? generateKeyPairSync('ec', { namedCurve }) : generateKeyPairSync('ed25519');
}
