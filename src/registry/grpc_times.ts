import type { CurrentAnswer } from "../client/grpc.ts";

/** An answer, and when it was given. */
interface Sighting {
  readonly of: string;
  readonly createdAt: number;
  readonly at: number;
}

/** By how much the two clocks may go apart between two answers, milliseconds. */
const TOLERANCE_MS = 5_000;

/** `Date` knows no time further from 1970, milliseconds. */
const MAX_TIME_MS = 8.64e15;

/**
 * Tells whether a server's times of publication can be believed. One that gives
 * the time of the call would make every answer a new publication: between two
 * answers about the same version its time moves as the clock does, and is not
 * believed from then on. No single answer can tell.
 */
export class PublicationTimes {
  readonly #now: () => number;
  #last: Sighting | undefined;
  #areOfCalls = false;

  /** @param now Unix milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Returns when the version of an answer was published, Unix milliseconds; `undefined` when that is not known. */
  read({ tag, artifactUrl, createdAt }: CurrentAnswer): number | undefined {
    if (createdAt === undefined || !(Math.abs(createdAt) <= MAX_TIME_MS)) {
      return undefined;
    }
    const sighting = {
      of: `${tag} ${artifactUrl}`,
      createdAt,
      at: this.#now(),
    };
    const last = this.#last;
    this.#last = sighting;
    if (last?.of === sighting.of) this.#compare(last, sighting);
    return this.#areOfCalls ? undefined : createdAt;
  }

  #compare(last: Sighting, next: Sighting): void {
    const moved = next.createdAt - last.createdAt;
    const passed = next.at - last.at;
    if (moved === 0) {
      // Two calls in the same moment say nothing.
      if (passed > TOLERANCE_MS) this.#areOfCalls = false;
    } else if (Math.abs(moved - passed) <= TOLERANCE_MS) {
      this.#areOfCalls = true;
    }
  }
}
