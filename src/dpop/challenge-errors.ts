/**
 * The errors that another API's challenges name (RFC 9110 §11.6.1, RFC 6750 §3, RFC 9449 §7.1). Pure.
 */

/** What one challenge of a `WWW-Authenticate` header says of the refusal. */
export interface ChallengeError {
  /** In lower case. */
  readonly scheme: string;
  /** `undefined` when the challenge names no error. */
  readonly error: string | undefined;
}

/** Longer headers are not read: no challenge needs as much. */
const MAX_LENGTH = 8192;

// Sticky, without nesting, and each read from where the one before it ended: time grows with the length, and no faster.
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const SPACES = / +/y;
const COMMAS = /[ \t]*(?:,[ \t]*)+/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/sy;

/**
 * Reads the value of `WWW-Authenticate`, or several of them joined by commas.
 *
 * @returns one entry for each challenge; none when the header is absent, too long, or does not follow the grammar
 */
export function readChallengeErrors(header: string | null): readonly ChallengeError[] {
  if (header === null || header.length > MAX_LENGTH) return [];
  const found: { scheme: string; error: string | undefined }[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = position;
    const match = pattern.exec(header) ?? undefined;
    position += match?.[0].length ?? 0;
    return match;
  };
  take(COMMAS);
  while (position < header.length) {
    const name = take(TOKEN)?.[0].toLowerCase();
    if (name === undefined) return [];
    const current = found.at(-1);
    if (current !== undefined && take(EQUALS) !== undefined) {
      const quoted = take(QUOTED);
      const value = quoted === undefined ? take(TOKEN)?.[0] : quoted[1]?.replace(/\\(.)/gs, '$1');
      if (value === undefined) return [];
      if (name === 'error') current.error ??= value;
    } else {
      found.push({ scheme: name, error: undefined });
      // Parameters follow a space, and so does what some schemes have in their place.
      if (take(SPACES) !== undefined && take(TOKEN68) === undefined && header[position] !== ',') continue;
    }
    if (position < header.length && take(COMMAS) === undefined) return [];
  }
  return found;
}
