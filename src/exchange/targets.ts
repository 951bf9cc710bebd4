/** What a new token is for, beyond audience and scope: resources (RFC 8707) and authorization details (RFC 9396). Pure. */

import { isJsonObject, ownMember } from '../jws/json.ts';
import { MAX_VALUE_LENGTH, type Reading } from './values.ts';

const MOST_URIS = 20;
const MOST_URI_CHARACTERS = 2048;
const MOST_DETAILS = 100;
/** Deeper than this, JSON describes no permission; some parsers give up not far beyond. */
const MOST_LEVELS = 20;

const URIS = `an absolute URI without a fragment, or a list of 1 to ${MOST_URIS} of them`;
const DETAILS =
  `a list of 1 to ${MOST_DETAILS} objects, each with a \`type\`, that are plain JSON of at most ` +
  `${MAX_VALUE_LENGTH} characters and ${MOST_LEVELS} levels`;

/** The URIs as they are given: two spellings of one URI are for the server to compare. */
export function readUris(value: unknown): Reading<readonly string[], string> {
  const uris: readonly unknown[] = Array.isArray(value) ? Array.from<unknown>(value) : [value];
  if (uris.length === 0 || uris.length > MOST_URIS) return { problem: URIS };
  const read = uris.filter(isAbsoluteUri);
  return read.length === uris.length ? { value: read } : { problem: URIS };
}

/** RFC 3986 §4.3: a scheme and no fragment. */
function isAbsoluteUri(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > MOST_URI_CHARACTERS) return false;
  return (
    /^[a-z][a-z0-9+.-]*:[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/i.test(value) &&
    URL.canParse(value)
  );
}

/** The details as one JSON text, read once: what was checked is what is sent. */
export function readDetails(value: unknown): Reading<readonly [string], string> {
  const refused = { problem: DETAILS };
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_DETAILS) return refused;
  let copy: unknown;
  let text: string;
  try {
    text = JSON.stringify(value, refuseOtherThanJson);
    copy = text.length <= MAX_VALUE_LENGTH ? JSON.parse(text) : undefined;
  } catch {
    return refused; // A cycle, a depth beyond the stack, a getter that throws.
  }
  if (!Array.isArray(copy) || !copy.every(isDetail) || levelsOf(copy) > MOST_LEVELS) return refused;
  return { value: [text] };
}

function isDetail(value: unknown): boolean {
  const type = isJsonObject(value) ? ownMember(value, 'type') : undefined;
  return typeof type === 'string' && type.trim() !== '';
}

/** What JSON would drop, or turn into `null`, would ask for something else than was meant. */
function refuseOtherThanJson(_name: string, value: unknown): unknown {
  const isOther = typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint';
  const isNoNumber = typeof value === 'number' && !Number.isFinite(value);
  if (isOther || isNoNumber || (typeof value === 'object' && !isPlain(value)))
    throw new TypeError('not JSON');
  return value;
}

/** A Map would become an empty object, and what a list lacks `null`. */
function isPlain(value: object | null): boolean {
  if (Array.isArray(value)) return !value.includes(undefined);
  return value === null || Object.prototype.toString.call(value) === '[object Object]';
}

/** How deep it nests, as far as it matters. */
function levelsOf(value: unknown, level = 0): number {
  if (typeof value !== 'object' || value === null || level > MOST_LEVELS) return level;
  return Math.max(level + 1, ...Object.values(value).map((member) => levelsOf(member, level + 1)));
}
