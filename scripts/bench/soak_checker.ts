import { delay } from "../../tests/support/delay.ts";

/** A time in which requests failed. */
export interface Outage {
  readonly startedAt: Date;
  readonly ms: number;
  /** What was done to dewy or its worker before, or `undefined` when nothing was. */
  readonly because: string | undefined;
  readonly failure: string;
}

/** Why requests may fail. */
export interface Excuse {
  readonly what: string;
  /** For how long at most. */
  readonly limitMs: number;
}

const PAUSE_MS = 25;
/** An answer that takes longer counts as an outage, milliseconds. */
const SLOW_MS = 5_000;
/** What was done to a worker may still cost requests so long after answers came again, milliseconds. */
const AFTERMATH_MS = 6_000;

/**
 * Asks the application all the time, each time on a connection of its own, and
 * notes answers from versions that were never good, and every time in which
 * requests failed.
 */
export class SoakChecker implements AsyncDisposable {
  readonly outages: Outage[] = [];
  /** What must not be. */
  readonly violations: string[] = [];
  readonly good = new Set<string>();
  requests = 0;
  #ask: () => Promise<string>;
  #running = true;
  #loop: Promise<void>;
  #excuse: (Excuse & { untilMs: number }) | undefined;

  private constructor(ask: () => Promise<string>) {
    this.#ask = ask;
    this.#loop = this.#watch();
  }

  /** @param ask Returns the version that answers; what it throws is an outage. */
  static start(ask: () => Promise<string>): SoakChecker {
    return new SoakChecker(ask);
  }

  /** From now on an outage may be, until answers have come again for a while. */
  excuse(excuse: Excuse): void {
    this.#excuse = { ...excuse, untilMs: Infinity };
  }

  /** How long requests failed at most, milliseconds. */
  get longestMs(): number {
    return Math.max(0, ...this.outages.map(({ ms }) => ms));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running = false;
    await this.#loop;
  }

  async #watch(): Promise<void> {
    let down: { readonly at: number; readonly failure: string } | undefined;
    while (this.#running) {
      const startedAt = Date.now();
      const failure = await this.#request();
      const tookMs = Date.now() - startedAt;
      if (failure !== undefined) {
        down ??= { at: startedAt, failure };
      } else if (down !== undefined || tookMs > SLOW_MS) {
        this.#note(down ?? { at: startedAt, failure: "slow" });
        down = undefined;
      } else this.#calm();
      await delay(PAUSE_MS);
    }
    if (down !== undefined) this.#note(down);
  }

  /** Returns why it failed. */
  async #request(): Promise<string | undefined> {
    this.requests++;
    try {
      const version = await this.#ask();
      if (!this.good.has(version)) {
        this.violations.push(
          `${new Date().toISOString()} an answer from "${version}"`,
        );
      }
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #note(down: { readonly at: number; readonly failure: string }): void {
    const { at, failure } = down;
    const { what: because, limitMs = 0 } = this.#excuse ?? {};
    const outage = {
      startedAt: new Date(at),
      ms: Date.now() - at,
      because,
      failure,
    };
    this.outages.push(outage);
    if (outage.ms > limitMs) {
      const when = outage.startedAt.toISOString();
      this.violations.push(
        `${when} ${outage.ms} ms without an answer (${failure}), ${
          because ?? "and nothing was done to dewy or its worker"
        }`,
      );
    }
    this.#calm();
  }

  #calm(): void {
    if (this.#excuse === undefined) return;
    const now = Date.now();
    if (this.#excuse.untilMs === Infinity) {
      this.#excuse.untilMs = now + AFTERMATH_MS;
    } else if (this.#excuse.untilMs < now) this.#excuse = undefined;
  }
}
