/**
 * The compact serialisation of a JWS (RFC 7515 §7.1), read strictly: canonical base64url, UTF-8, JSON objects. Pure.
 */
import { decodeBase64url } from '#signature';
import { isJsonObject, type JsonObject, ownMember } from './json.ts';

export interface CompactJws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  readonly signature: Uint8Array;
  /** What was signed: the first two parts as they stand. */
  readonly signingInput: string;
}

/** Why a text is no compact JWS. The message names the part and never quotes it. */
export class JwsSyntaxError extends Error {
  override readonly name = 'JwsSyntaxError';
}

/**
 * Header parameters that change what a signature means, none of which is understood here: extensions that must be
 * understood (RFC 7515 §4.1.11), the unencoded payload (RFC 7797), compression.
 */
const UNSUPPORTED_PARAMETERS = ['crit', 'b64', 'zip'];

/** The first header parameter that is not supported, if there is one. */
export function unsupportedParameter(header: JsonObject): string | undefined {
  return UNSUPPORTED_PARAMETERS.find((name) => ownMember(header, name) !== undefined);
}

/** @throws JwsSyntaxError */
export function parseCompactJws(text: string): CompactJws {
  const headerEnd = text.indexOf('.');
  const payloadEnd = text.lastIndexOf('.');
  if (headerEnd === payloadEnd || text.indexOf('.', headerEnd + 1) !== payloadEnd) {
    throw new JwsSyntaxError('a JWS has three parts');
  }
  return {
    header: parseJsonPart(text.slice(0, headerEnd), 'header'),
    payload: parseJsonPart(text.slice(headerEnd + 1, payloadEnd), 'payload'),
    signature: decodePart(text.slice(payloadEnd + 1), 'signature'),
    signingInput: text.slice(0, payloadEnd),
  };
}

function decodePart(part: string, name: string): Uint8Array {
  const bytes = part === '' ? undefined : decodeBase64url(part);
  if (bytes === undefined) throw new JwsSyntaxError(`the ${name} is not base64url`);
  return bytes;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseJsonPart(part: string, name: string): JsonObject {
  const bytes = decodePart(part, name);
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    // The parser's own message quotes the text it stumbled over, so it is not passed on.
    throw new JwsSyntaxError(`the ${name} is not JSON in UTF-8`);
  }
  if (!isJsonObject(value)) throw new JwsSyntaxError(`the ${name} is not a JSON object`);
  return value;
}
