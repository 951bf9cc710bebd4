/** Longer texts are cut: whoever makes a token or a request decides how long they are. */
const MOST_CHARACTERS = 256;

/**
 * What does not show, or shows as something else: control and format characters (direction marks and zero-width
 * characters are among them), line breaks of every kind, blanks other than the space (a Braille cell without dots and a
 * note without a head are symbols to Unicode), halves of surrogate pairs; and the backslash, with which everything of ours
 * begins.
 */
const INVISIBLE = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\\]/gu;
const NOT_ASCII = /[^\x20-\x7e]|"/gu;

/** A JSON object in base64url begins with "eyJ": a JWT, or most of one. */
const TOKEN = /eyJ[\w-]{12,}(?:\.[\w-]*)*/g;

/**
 * A text from outside as it may stand in a log: nothing in it forges a line, no mark turns it round, nothing is invisible,
 * nothing is a token, and it is short. What is shown as `\u{a}` was a line break; `\[redacted]` and `\[12 more]` stand for
 * what was left out. Since a backslash of the text itself becomes `\u{5c}`, no text can pretend to be one of these.
 */
export function logText(text: string): string {
  // Not between the halves of a pair.
  const cut = () => text.slice(0, MOST_CHARACTERS).replace(/[\ud800-\udbff]$/, '');
  const head = text.length > MOST_CHARACTERS ? cut() : text;
  const shown = head
    .split(TOKEN)
    .map((part) => part.replace(INVISIBLE, spell))
    .join('\\[redacted]');
  return head === text ? shown : `${shown}\\[${text.length - head.length} more]`;
}

/**
 * What {@link logText} made, in printable ASCII without quotes: letters that are written from right to left turn round
 * what stands between them.
 */
export function inAscii(shown: string): string {
  return shown.replace(NOT_ASCII, spell);
}

function spell(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`;
}
