/**
 * Reads `WWW-Authenticate` by the grammar of RFC 9110 §11.6.1 and §5.6. It is written apart from the serialiser that
 * it checks, and strict: what a lenient client would guess at, it throws over.
 */

export interface ParsedChallenge {
  readonly scheme: string;
  readonly params: Readonly<Record<string, string>>;
  /** Present instead of parameters, as in `Negotiate abc==`. */
  readonly token68?: string;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const SPACES = / +/y;
const COMMA = /[ \t]*,[ \t]*/y;
const COMMA_BEFORE_PARAMETER = /[ \t]*,[ \t]*(?=[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*=)/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const QUOTED_STRING = /"(?:[\t \x21\x23-\x5b\x5d-\x7e]|\\[\t \x21-\x7e])*"/y;

/** @throws Error when the header does not follow the grammar, or names a parameter of a challenge twice */
export function parseChallenges(header: string): ParsedChallenge[] {
  const input = new Input(header);
  const challenges = [readChallenge(input)];
  while (!input.isAtEnd) {
    input.expect(COMMA, 'a comma');
    challenges.push(readChallenge(input));
  }
  return challenges;
}

function readChallenge(input: Input): ParsedChallenge {
  const scheme = input.expect(TOKEN, 'a scheme');
  if (input.take(SPACES) === undefined) return { scheme, params: {} };
  const token68 = input.take(TOKEN68);
  if (token68 !== undefined) return { scheme, params: {}, token68 };

  const params = new Map<string, string>();
  do {
    const name = input.expect(TOKEN, 'a parameter name').toLowerCase();
    input.expect(EQUALS, 'an equals sign');
    if (params.has(name)) throw new Error(`the parameter ${name} occurs twice`);
    params.set(name, readValue(input));
  } while (input.take(COMMA_BEFORE_PARAMETER) !== undefined);
  return { scheme, params: Object.fromEntries(params) };
}

function readValue(input: Input): string {
  const quoted = input.take(QUOTED_STRING);
  return quoted === undefined
    ? input.expect(TOKEN, 'a parameter value')
    : quoted.slice(1, -1).replace(/\\(.)/g, '$1');
}

class Input {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#position === this.#text.length;
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text)?.[0];
    this.#position += match?.length ?? 0;
    return match;
  }

  expect(pattern: RegExp, what: string): string {
    const match = this.take(pattern);
    if (match === undefined) throw new Error(`expected ${what} at ${this.#position}`);
    return match;
  }
}
