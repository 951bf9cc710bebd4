/**
 * A DPoP proof of our own (RFC 9449 §4.2), for a token endpoint or for another API.
 */
import { sha256 } from '#signature';
import { InvalidRequestError, MissingRequiredArgumentError } from '../errors/index.ts';
import { isJsonObject } from '../jws/json.ts';
import { encodeBase64url } from '../platform/base64url.ts';
import { signerOf } from './dpop-key.ts';
import { isNonce } from './nonce-syntax.ts';
import { normalizeHtu } from './htu.ts';
import type { CreateDpopProofOptions, DpopKey } from './types.ts';

/** RFC 9449 §4.2 asks for 96 bits at least. */
const JTI_BYTES = 16;
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;
const TOKEN = /^[\x21-\x7e]+$/;

const encoder = new TextEncoder();

/** What `createDpopProof` of the root loads. */
export async function createDpopProof(key: DpopKey, options: CreateDpopProofOptions): Promise<string> {
  if (isNothing(key)) throw new MissingRequiredArgumentError('key');
  const { algorithm, publicJwk, sign } = signerOf(key);
  const { htm, htu, accessToken, nonce, now } = readOptions(options);
  const header = { typ: 'dpop+jwt', alg: algorithm, jwk: publicJwk };
  const payload = {
    jti: encodeBase64url(crypto.getRandomValues(new Uint8Array(JTI_BYTES))),
    htm,
    htu,
    iat: Math.floor(now() / 1000),
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
  if (typeof httpMethod !== 'string' || !METHOD.test(httpMethod))
    throw unusable('httpMethod', 'an HTTP method');
  const htu = normalizeHtu(httpUrl);
  if (htu === undefined) throw unusable('httpUrl', 'an absolute http(s) URL without credentials');
  if (accessToken !== undefined && (typeof accessToken !== 'string' || !TOKEN.test(accessToken)))
    throw unusable('accessToken', 'a token');
  if (nonce !== undefined && !isNonce(nonce)) throw unusable('nonce', 'a nonce as a server writes it');
  return { htm: httpMethod, htu, accessToken, nonce, now };
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** Names the argument and not its value. */
function unusable(name: string, expected: string): InvalidRequestError {
  return new InvalidRequestError('invalid_argument', {
    message: `\`${name}\` must be ${expected}.`,
    cause: { name, expected },
  });
}
