/**
 * Text from outside (an upstream's words, whatever a custom fetch throws) made safe to keep in an error: without the
 * secrets of the request, without control characters, and short.
 */

import { formEncode } from './client-auth.ts';

const MARKER = '[redacted]';

/** Texts are cut to this many characters unless told otherwise. */
const MAX_TEXT_LENGTH = 1000;
const MAX_NAME_LENGTH = 100;

/**
 * Secrets shorter than this are not cut out: that would turn ordinary words into soup, and the holes would show what
 * is missing. A text that holds one is withheld as a whole.
 */
const SHORTEST_CUT = 4;

/** Upstreams shorten what they quote; a stretch this long that also occurs in a secret is taken for a part of it. */
const STRETCH_LENGTH = 16;

/** Errors deeper down a chain of causes than this are dropped. */
const MAX_CAUSES = 4;

/** Makes a text safe to keep; `maxLength` counts characters and is 1000 by default. */
export type Redact = (text: string, maxLength?: number) => string;

/** What is kept of an error that somebody else threw. */
export interface ErrorSummary {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly cause?: ErrorSummary;
}

/** A redactor for these secrets, in each form they may be written in, and for anything that looks like a JWT. */
export function createRedactor(secrets: readonly string[]): Redact {
  const forms = [...new Set(secrets.flatMap(writtenForms))].filter((form) => form !== '');
  const short = forms.filter((form) => form.length < SHORTEST_CUT);
  const long = forms.filter((form) => form.length >= SHORTEST_CUT);

  return (text, maxLength = MAX_TEXT_LENGTH) => {
    const plain = withoutControls(text);
    if (short.some((form) => plain.includes(form))) return MARKER;
    const whole = blackOut(plain, occurrences(plain, long));
    // Whole secrets are gone, so cutting here cannot leave half of one; what follows is too slow for a megabyte.
    const head = whole.slice(0, 2 * MAX_TEXT_LENGTH);
    const safe = blackOut(head, [...sharedStretches(head, long), ...tokenShapes(head)]);
    return safe.slice(0, maxLength).replace(/\p{Cs}$/u, '');
  };
}

/**
 * The name, message and code of whatever was thrown, and of its causes. Other properties are not looked at: custom
 * fetch functions hang the whole request on their errors.
 */
export function summarizeError(thrown: unknown, redact: Redact, levels = MAX_CAUSES): ErrorSummary {
  const name = memberOf(thrown, 'name');
  const message = typeof thrown === 'string' ? thrown : memberOf(thrown, 'message');
  const code = memberOf(thrown, 'code');
  const cause = memberOf(thrown, 'cause');
  return Object.freeze({
    name: typeof name === 'string' ? redact(name, MAX_NAME_LENGTH) : typeof thrown,
    message: typeof message === 'string' ? redact(message) : '',
    ...(typeof code === 'string' || typeof code === 'number'
      ? { code: redact(String(code), MAX_NAME_LENGTH) }
      : {}),
    ...(cause === undefined || levels <= 1 ? {} : { cause: summarizeError(cause, redact, levels - 1) }),
  });
}

function memberOf(thrown: unknown, name: string): unknown {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  try {
    const member: unknown = Reflect.get(thrown, name);
    return member;
  } catch {
    return undefined; // A getter that throws has nothing to say.
  }
}

/** The secret itself, and how a form body, a URL, an HTML page or a JSON text would write it. */
function writtenForms(secret: string): string[] {
  const encoded = formEncode(secret);
  const inUrl = [encoded, encoded.replaceAll('+', '%20'), encodeURIComponent(wellFormed(secret))];
  const inHtml = secret.replace(/[&<>"']/g, (character) => HTML_ESCAPES.get(character) ?? '');
  const forms = [secret, inHtml, ...jsonForms(secret), ...inUrl, ...inUrl.map(lowerCaseEscapes)];
  return forms.map(withoutControls);
}

const HTML_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

/** Some writers escape slashes, some what HTML would read, some all but ASCII, and some two of these. */
function jsonForms(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const plain = [json, json.replace(/[<>&]/g, jsonEscape), json.replace(/[^\x20-\x7e]/g, jsonEscape)];
  return [...plain, ...plain.map((form) => form.replaceAll('/', '\\/'))];
}

function jsonEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function lowerCaseEscapes(text: string): string {
  return text.replace(/%[\dA-F]{2}/g, (escape) => escape.toLowerCase());
}

function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\uFFFD');
}

/** Line breaks forge log lines, and direction marks turn them round. */
function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu, ' ');
}

type Range = readonly [start: number, end: number];

function occurrences(text: string, needles: readonly string[]): Range[] {
  const found: Range[] = [];
  for (const needle of needles) {
    for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + needle.length)) {
      found.push([at, at + needle.length]);
    }
  }
  return found;
}

/** Where the text shares a stretch with one of the secrets. The text is short; a secret may be a megabyte. */
function sharedStretches(text: string, secrets: readonly string[]): Range[] {
  const starts = new Map<string, number[]>();
  const marks = new Uint8Array(2 ** 16);
  for (let start = 0; start + STRETCH_LENGTH <= text.length; start += 1) {
    const stretch = text.slice(start, start + STRETCH_LENGTH);
    const others = starts.get(stretch);
    if (others === undefined) starts.set(stretch, [start]);
    else others.push(start);
    marks[markOf(text, start)] = 1;
  }
  const found = new Set<number>();
  for (const secret of secrets) {
    for (let start = 0; start + STRETCH_LENGTH <= secret.length; start += 1) {
      // Numbers first: cutting a piece of text at every place of a long secret takes most of a second.
      if (marks[markOf(secret, start)] === 0) continue;
      const stretch = secret.slice(start, start + STRETCH_LENGTH);
      for (const at of starts.get(stretch) ?? []) found.add(at);
      starts.delete(stretch);
    }
  }
  return [...found].map((start): Range => [start, start + STRETCH_LENGTH]);
}

function markOf(text: string, start: number): number {
  const middle = text.charCodeAt(start + STRETCH_LENGTH / 2);
  const last = text.charCodeAt(start + STRETCH_LENGTH - 1);
  return (text.charCodeAt(start) * 961 + middle * 31 + last) & 0xffff;
}

/** A JSON object in base64url begins with "eyJ": a JWT, or a part of one, that the request did not hold. */
function tokenShapes(text: string): Range[] {
  const matches = [...text.matchAll(/eyJ[\w-]{5,}(?:\.[\w-]*)*/g)];
  return matches.map((match): Range => [match.index, match.index + match[0].length]);
}

function blackOut(text: string, ranges: readonly Range[]): string {
  let result = '';
  let end = 0;
  for (const [from, to] of ranges.toSorted(([left], [right]) => left - right)) {
    // Ranges that touch or overlap are one piece of secret and get one marker.
    if (from > end || result === '') result += text.slice(end, from) + MARKER;
    end = Math.max(end, to);
  }
  return result + text.slice(end);
}
