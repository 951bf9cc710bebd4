/**
 * A DPoP proof of our own (RFC 9449 §4.2), for a token endpoint or for another API.
 */
import { sha256 } from '#signature';
import { MissingRequiredArgumentError } from '../errors/index.ts';
import { isJsonObject } from '../jws/json.ts';
import { encodeBase64url } from '../platform/base64url.ts';
import { isMethod, readAccessToken, unusable } from './api-request.ts';
import { signerOf } from './dpop-key.ts';
import { htuOf } from './htu.ts';
import { isNonce } from './nonce-syntax.ts';
import type { CreateDpopProofOptions, DpopKey } from './types.ts';

/** RFC 9449 §4.2 asks for 96 bits at least. */
const JTI_BYTES = 16;

const encoder = new TextEncoder();

/** What `createDpopProof` of the root loads. */
export async function createDpopProof(key: DpopKey, options: CreateDpopProofOptions): Promise<string> {
  if (isNothing(key)) throw new MissingRequiredArgumentError('key');
  const { algorithm, publicJwk, sign } = signerOf(key);
  const { htm, htu, accessToken, nonce, iat } = readOptions(options);
  const header = { typ: 'dpop+jwt', alg: algorithm, jwk: publicJwk };
  const payload = {
    jti: encodeBase64url(crypto.getRandomValues(new Uint8Array(JTI_BYTES))),
    htm,
    htu,
    iat,
    ...(accessToken === undefined ? {} : { ath: await sha256(accessToken) }),
    ...(nonce === undefined ? {} : { nonce }),
  };
  const signingInput = [header, payload]
    .map((part) => encodeBase64url(encoder.encode(JSON.stringify(part))))
    .join('.');
  const signature = await sign(encoder.encode(signingInput));
  return `${signingInput}.${encodeBase64url(new Uint8Array(signature))}`;
}

function readOptions(options: CreateDpopProofOptions) {
  if (!isJsonObject(options)) throw new MissingRequiredArgumentError('options');
  const { httpMethod, httpUrl, accessToken, nonce, now = Date.now } = options;
  if (isNothing(httpMethod)) throw new MissingRequiredArgumentError('httpMethod');
  if (isNothing(httpUrl)) throw new MissingRequiredArgumentError('httpUrl');
  if (!isMethod(httpMethod)) throw unusable('httpMethod', 'an HTTP method');
  const htu = htuOf(httpUrl);
  if (htu === undefined) throw unusable('httpUrl', 'an absolute http(s) URL without credentials');
  if (accessToken !== undefined) readAccessToken(accessToken);
  if (nonce !== undefined && !isNonce(nonce)) throw unusable('nonce', 'a nonce as a server writes it');
  const time: unknown = typeof now === 'function' ? now() : undefined;
  if (typeof time !== 'number' || !Number.isFinite(time))
    throw unusable('now', 'a function that returns epoch milliseconds');
  return { htm: httpMethod, htu, accessToken, nonce, iat: Math.floor(time / 1000) };
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
