/**
 * An issuer key of the test's own, for tokens whose very text is hostile: what `JSON.stringify` would never write.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import type { TestTenant } from '../../src/testing/index.ts';

export interface CraftedIssuer {
  readonly kid: string;
  /** A compact JWS over exactly these texts. */
  readonly sign: (header: string, payload: string) => string;
}

/** Puts an ES256 key of the test's own into the tenant's key set, and signs with it. */
export function craftIssuer(tenant: TestTenant): CraftedIssuer {
  const kid = 'crafted';
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' };
  tenant.fail('jwks', { body: { keys: [jwk] } });
  return {
    kid,
    sign: (header, payload) => {
      const input = `${encode(header)}.${encode(payload)}`;
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${input}.${signature.toString('base64url')}`;
    },
  };
}

/** base64url of a text or of bytes. */
export function encode(content: string | Uint8Array): string {
  return Buffer.from(content).toString('base64url');
}

/** The same token with other parts; the signature fits no more. */
export function replaceParts(
  token: string,
  parts: { header?: string; payload?: string; signature?: string },
) {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [parts.header ?? header, parts.payload ?? payload, parts.signature ?? signature].join('.');
}

/** The decoded header and payload of a token. */
export function decode(token: string): { header: Record<string, unknown>; payload: Record<string, unknown> } {
  const [header, payload] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
  if (header === undefined || payload === undefined) throw new Error('this is no token');
  return { header, payload };
}
