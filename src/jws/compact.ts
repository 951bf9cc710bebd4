/**
 * The compact serialisation of a JWS (RFC 7515 §7.1), read strictly: canonical base64url, UTF-8, JSON objects. Pure.
 */
import { decodeBase64url, decodeUtf8 } from '#signature';
import { LruMap } from '../platform/lru-map.ts';
import { deepFreeze, isJsonObject, type JsonObject, ownMember } from './json.ts';

export interface CompactJws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  readonly signature: Uint8Array;
  /** What was signed: the first two parts as they stand. */
  readonly signingInput: string;
}

/**
 * Headers that were parsed before, by their first part: those of an issuer are all alike, and so are those of a DPoP
 * client. Only headers of what was verified are remembered, so that nobody else decides what is.
 */
export class KnownHeaders {
  readonly #headers = new LruMap<string, JsonObject>(MAX_KNOWN_HEADERS);

  get(part: string): JsonObject | undefined {
    return this.#headers.get(part);
  }

  remember({ header, signingInput }: CompactJws): void {
    const end = signingInput.indexOf('.');
    // A slice would keep the whole token in memory; with one character more, it is a text of its own.
    if (end <= MAX_KNOWN_HEADER_LENGTH)
      this.#headers.set(`${signingInput.slice(0, end)}.`.slice(0, -1), header);
  }
}

const MAX_KNOWN_HEADERS = 1000;
/** The header of a proof with an RSA key of 4096 bits fits. */
const MAX_KNOWN_HEADER_LENGTH = 1024;

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
export function parseCompactJws(text: string, known?: KnownHeaders): CompactJws {
  const headerEnd = text.indexOf('.');
  const payloadEnd = text.lastIndexOf('.');
  if (headerEnd === payloadEnd || text.indexOf('.', headerEnd + 1) !== payloadEnd) {
    throw new JwsSyntaxError('a JWS has three parts');
  }
  const headerPart = text.slice(0, headerEnd);
  return {
    header: known?.get(headerPart) ?? deepFreeze(parseJsonPart(headerPart, 'header')),
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

function parseJsonPart(part: string, name: string): JsonObject {
  const text = decodeUtf8(decodePart(part, name));
  let value: unknown;
  try {
    // Not UTF-8 is not JSON: the empty text fails like any other.
    value = JSON.parse(text ?? '');
  } catch {
    // The parser's own message quotes the text it stumbled over, so it is not passed on.
    throw new JwsSyntaxError(`the ${name} is not JSON in UTF-8`);
  }
  if (!isJsonObject(value)) throw new JwsSyntaxError(`the ${name} is not a JSON object`);
  return value;
}
