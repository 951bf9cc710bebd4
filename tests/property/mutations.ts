import fc from 'fast-check';

/** What somebody may do to a token as text. */
export type Mutation = (token: string) => string;

/** Replaces one part, counted from 0. */
function onPart(index: number, change: (part: string) => string): Mutation {
  return (token) =>
    token
      .split('.')
      .map((part, position) => (position === index ? change(part) : part))
      .join('.');
}

const part = fc.nat({ max: 2 });
const position = fc.nat({ max: 10_000 });
const symbol = fc.constantFrom(
  ...[
    'A',
    'B',
    '9',
    '-',
    '_',
    '=',
    '==',
    '+',
    '/',
    '.',
    ' ',
    '\t',
    '\n',
    '\r\n',
    '\0',
    ',',
    '%3D',
    '\u00e9',
    '\uff21',
  ],
);

const insertSymbol = fc.tuple(position, symbol).map(
  ([at, text]): Mutation =>
    (token) =>
      insert(token, at % (token.length + 1), text),
);
const replaceSymbol = fc.tuple(position, symbol).map(([at, text]): Mutation => (token) => {
  const index = at % Math.max(token.length, 1);
  return token.slice(0, index) + text + token.slice(index + 1);
});
const removeSymbol = position.map((at): Mutation => (token) => {
  const index = at % Math.max(token.length, 1);
  return token.slice(0, index) + token.slice(index + 1);
});
const flipBit = fc.tuple(part, position).map(([index, at]): Mutation =>
  onPart(index, (text) => {
    const bytes = Buffer.from(text, 'base64url');
    const bit = at % Math.max(bytes.length * 8, 1);
    const byte = Math.floor(bit / 8);
    bytes[byte] = (bytes[byte] ?? 0) ^ (1 << (bit % 8));
    return bytes.toString('base64url');
  }),
);
/** Sets the bits that the last character of an unpadded text does not use. */
const leftOverBits = fc.tuple(part, fc.integer({ min: 1, max: 3 })).map(([index, bits]): Mutation =>
  onPart(index, (text) => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(text.slice(-1));
    return text.length % 4 === 0 || last === -1 ? text : text.slice(0, -1) + (alphabet[last | bits] ?? '');
  }),
);
const pad = part.map((index): Mutation =>
  onPart(index, (text) => text.padEnd(Math.ceil(text.length / 4) * 4, '=')),
);
const oldAlphabet = part.map((index): Mutation =>
  onPart(index, (text) => text.replaceAll('-', '+').replaceAll('_', '/')),
);
const empty = part.map((index): Mutation => onPart(index, () => ''));
const truncate = fc
  .tuple(part, position)
  .map(([index, at]): Mutation => onPart(index, (text) => text.slice(0, at % (text.length + 1))));
const shuffle = fc.constantFrom<Mutation>(
  (token) => `${token}.`,
  (token) => `.${token}`,
  (token) => `${token}.${token}`,
  (token) => `${token},${token}`,
  (token) => token.split('.').reverse().join('.'),
  (token) => token.replace('.', '..'),
  (token) => token.split('.').slice(0, 2).join('.'),
  (token) => [...token.split('.'), 'AA', 'AA'].join('.'),
  (token) => token.replace(/^[^.]*\.([^.]*)/, '$1.$1'),
  (token) => token.toLowerCase(),
  (token) => ` ${token}`,
  (token) => `${token} `,
  (token) => encodeURIComponent(token),
);

function insert(text: string, index: number, inserted: string): string {
  return text.slice(0, index) + inserted + text.slice(index);
}

export const mutations: fc.Arbitrary<Mutation> = fc.oneof(
  ...[
    insertSymbol,
    replaceSymbol,
    removeSymbol,
    flipBit,
    leftOverBits,
    pad,
    oldAlphabet,
    empty,
    truncate,
    shuffle,
  ],
);
