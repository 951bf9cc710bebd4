/**
 * Digests in the order in which they came, in flat memory: 24 to 48 bytes for each, and no object that a garbage
 * collector would have to walk over.
 */

/** 120 bits of a digest, as four numbers of thirty: two proofs that agree in them by chance will not be met. */
type Words = readonly [number, number, number, number];

const WORDS = 4;
const CHARACTERS_PER_WORD = 5;
const LEAST_CAPACITY = 16;
/** Slots for each entry that there is room for: a search ends at the first empty one, so that half must be. */
const SLOTS_PER_ENTRY = 2;

/** The value of each base64url character, by its code. */
const DIGITS = new Uint8Array(128);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
for (let value = 0; value < ALPHABET.length; value += 1) DIGITS[ALPHABET.charCodeAt(value)] = value;

/** @param digest in base64url, of at least 20 characters */
export function wordsOf(digest: string): Words {
  const word = (index: number) => {
    let bits = 0;
    for (let at = index * CHARACTERS_PER_WORD; at < (index + 1) * CHARACTERS_PER_WORD; at += 1)
      bits = (bits << 6) | (DIGITS[digest.charCodeAt(at)] ?? 0);
    return bits;
  };
  return [word(0), word(1), word(2), word(3)];
}

/**
 * A list of entries with an index over it: open addressing, where a slot holds the place of an entry in the list, counted
 * from 1. Entries are taken from the front only, and a slot whose entry is gone counts as passed over, not as empty.
 */
export class DigestLog {
  #entries = new Uint32Array(LEAST_CAPACITY * WORDS);
  #slots = new Uint32Array(LEAST_CAPACITY * SLOTS_PER_ENTRY);
  #first = 0;
  #end = 0;
  /** Odd numbers that nobody outside knows, so that nobody can choose digests which all begin their search at one slot. */
  readonly #factors: Uint32Array;

  constructor() {
    this.#factors = crypto.getRandomValues(new Uint32Array(WORDS)).map((factor) => factor | 1);
  }

  get size(): number {
    return this.#end - this.#first;
  }

  has(words: Words): boolean {
    const mask = this.#slots.length - 1;
    for (let slot = this.#startOf(words, 0); ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot] ?? 0;
      if (place === 0) return false;
      if (place > this.#first && this.#isAt(place - 1, words)) return true;
    }
  }

  /** @param words of a digest that is not in the log */
  push(words: Words): void {
    if (this.#end * WORDS === this.#entries.length) this.#rebuild();
    this.#entries.set(words, this.#end * WORDS);
    this.#index(this.#end);
    this.#end += 1;
  }

  /** Takes the oldest entry out. */
  shift(): void {
    this.#first += 1;
  }

  /** Moves the entries to the front; into memory twice as large where more than half of it was in use. */
  #rebuild(): void {
    const live = this.#entries.subarray(this.#first * WORDS, this.#end * WORDS);
    const { size } = this;
    const capacity = this.#entries.length / WORDS;
    const next = size > capacity / 2 ? 2 * capacity : capacity;
    this.#entries = new Uint32Array(next * WORDS);
    this.#entries.set(live);
    this.#slots = new Uint32Array(next * SLOTS_PER_ENTRY);
    this.#first = 0;
    this.#end = size;
    for (let place = 0; place < size; place += 1) this.#index(place);
  }

  #index(place: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#startOf(this.#entries, place * WORDS);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = place + 1;
  }

  /** The upper bits of a sum of products: they depend on all bits of all words. */
  #startOf(words: ArrayLike<number>, at: number): number {
    let sum = 0;
    for (let index = 0; index < WORDS; index += 1)
      sum = (sum + Math.imul(words[at + index] ?? 0, this.#factors[index] ?? 0)) | 0;
    return sum >>> Math.clz32(this.#slots.length - 1);
  }

  #isAt(place: number, words: Words): boolean {
    const at = place * WORDS;
    for (let index = 0; index < WORDS; index += 1) {
      if (this.#entries[at + index] !== words[index]) return false;
    }
    return true;
  }
}
