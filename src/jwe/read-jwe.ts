/**
 * An encrypted token as text (RFC 7516 §7.1): all that can be refused before a private key is used. Pure.
 */
import { decodeBase64url, decodeUtf8 } from '#signature';
import { type Evidence, VerifyAccessTokenError } from '../errors/index.ts';
import { unsupportedParameter } from '../jws/compact.ts';
import { isJsonObject, type JsonObject, ownMember } from '../jws/json.ts';
import {
  CONTENT_ENCRYPTION,
  CURVES,
  findKeyManagement,
  GCM_BYTES,
  KEY_MANAGEMENT_NAMES,
  type KeyManagement,
} from './algorithms.ts';

/** What the header says about how to decrypt; none of it is authenticated yet. */
export interface JweHeader {
  readonly algorithm: KeyManagement;
  readonly encryption: string;
  /** The key that the token says it was encrypted for. */
  readonly kid: string | undefined;
  /** The curve of the ephemeral key; there for ECDH only. */
  readonly curve: string | undefined;
}

/**
 * @param jwe a text of five parts
 * @throws VerifyAccessTokenError `malformed_token`, `unsupported_header`, `unsupported_encryption`
 */
export function readJwe(jwe: string): JweHeader {
  const [headerPart = '', encryptedKey = '', iv = '', ciphertext = '', tag = ''] = jwe.split('.');
  const header = readHeader(headerPart);
  // Above all `zip`: a few bytes could become a thousand times as many (CVE-2024-28176).
  const parameter = unsupportedParameter(header);
  if (parameter !== undefined) {
    throw new VerifyAccessTokenError('unsupported_header', { cause: { name: parameter } });
  }
  const algorithm = findKeyManagement(ownMember(header, 'alg'));
  if (algorithm === undefined) throw unsupported('alg', KEY_MANAGEMENT_NAMES);
  const encryption = CONTENT_ENCRYPTION.find((name) => name === ownMember(header, 'enc'));
  if (encryption === undefined) throw unsupported('enc', CONTENT_ENCRYPTION);
  checkContentType(ownMember(header, 'cty'));

  const { hasEncryptedKey, family } = algorithm;
  if (hasEncryptedKey !== bytesOf(encryptedKey, 'encrypted key') > 0)
    throw malformed({ name: 'encrypted key' });
  if (bytesOf(iv, 'iv') !== GCM_BYTES.iv) throw malformed({ name: 'iv' });
  if (bytesOf(tag, 'tag') !== GCM_BYTES.tag) throw malformed({ name: 'tag' });
  if (bytesOf(ciphertext, 'ciphertext') === 0) throw malformed({ name: 'ciphertext' });
  return {
    algorithm,
    encryption,
    kid: readKid(header),
    curve: family === 'ECDH' ? readCurve(ownMember(header, 'epk')) : undefined,
  };
}

function readHeader(part: string): JsonObject {
  let header: unknown;
  try {
    header = JSON.parse(decodeUtf8(decodeBase64url(part) ?? new Uint8Array()) ?? '');
  } catch {
    // The parser's own message quotes the text it stumbled over, so it is not passed on.
    throw malformed({ name: 'header' });
  }
  if (!isJsonObject(header)) throw malformed({ name: 'header' });
  return header;
}

/** What is encrypted must be a token of its own (RFC 7519 §5.2). That it is one is seen when it has been decrypted. */
function checkContentType(cty: unknown): void {
  if (cty === undefined) return;
  const type = typeof cty === 'string' ? cty.toLowerCase().replace(/^application\//, '') : cty;
  if (type !== 'jwt' && type !== 'at+jwt') throw malformed({ name: 'cty', expected: 'JWT' });
}

function readKid(header: JsonObject): string | undefined {
  const kid = ownMember(header, 'kid');
  if (kid === undefined || (typeof kid === 'string' && kid !== '')) return kid;
  throw malformed({ name: 'kid', expected: 'a string that is not empty' });
}

/** The ephemeral key (RFC 7518 §4.6.1.1): public, and whole. Whether the point is on its curve is seen at import. */
function readCurve(epk: unknown): string {
  const member = (name: string) => (isJsonObject(epk) ? ownMember(epk, name) : undefined);
  const curve = CURVES.find(({ crv }) => crv === member('crv'));
  const isWhole = [member('x'), member('y')].every(
    (value) => typeof value === 'string' && bytesOf(value, 'epk') === curve?.coordinateBytes,
  );
  if (member('kty') === 'EC' && member('d') === undefined && curve !== undefined && isWhole) return curve.crv;
  throw malformed({ name: 'epk', expected: 'a public key of an elliptic curve' });
}

function bytesOf(part: string, name: string): number {
  if (part === '') return 0;
  const bytes = decodeBase64url(part);
  if (bytes === undefined) throw malformed({ name });
  return bytes.byteLength;
}

function malformed(cause: Evidence): VerifyAccessTokenError {
  return new VerifyAccessTokenError('malformed_token', { cause });
}

function unsupported(name: string, expected: readonly string[]): VerifyAccessTokenError {
  return new VerifyAccessTokenError('unsupported_encryption', { cause: { name, expected } });
}
