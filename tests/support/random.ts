/** A repeatable row of numbers, for tests that print their seed (mulberry32). */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed;
  }

  /** Seeded by the variable `DEWY_TEST_SEED`, or else by chance. */
  static fromEnv(): Random {
    const given = Deno.env.get("DEWY_TEST_SEED");
    const seed = given === undefined
      ? Math.floor(Math.random() * 2 ** 32)
      : Number(given);
    return new Random(seed);
  }

  /** Returns a number in [0, below). */
  next(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * below;
  }
}
