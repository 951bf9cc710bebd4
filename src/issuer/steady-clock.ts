/**
 * Time by a clock that is never set back: where the real one was, its time stands still for a moment and runs on from
 * there. So nothing is kept longer for it. Milliseconds throughout.
 */
export class SteadyClock {
  readonly #read: () => number;
  #lastReading = Number.NEGATIVE_INFINITY;
  /** By how much, in all, the real clock was set back. */
  #setBack = 0;
  /** The latest reading from before it was. */
  #latestBefore = Number.NEGATIVE_INFINITY;

  /** @param read the real clock, in epoch milliseconds */
  constructor(read: () => number) {
    this.#read = read;
  }

  /** The time, and whether the real clock was found to be set back just now. */
  tick(): { readonly time: number; readonly wasSetBack: boolean } {
    const reading = this.#read();
    const wasSetBack = reading < this.#lastReading;
    if (wasSetBack) {
      this.#setBack += this.#lastReading - reading;
      this.#latestBefore = Math.max(this.#latestBefore, this.#lastReading);
    }
    this.#lastReading = reading;
    return { time: reading + this.#setBack, wasSetBack };
  }

  /**
   * The time of an earlier reading of the real clock, by whatever process. One that the clock has shown twice is taken
   * for the first: better too old than too new.
   */
  timeOf(reading: number): number {
    return reading > this.#latestBefore ? reading + this.#setBack : reading;
  }
}
