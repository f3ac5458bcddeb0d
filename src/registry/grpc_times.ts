import type { CurrentAnswer } from "../client/grpc.ts";

/** An answer, and when it was given. */
interface Sighting {
  readonly of: string;
  readonly createdAt: number | undefined;
  readonly at: number;
}

/** By how much the two clocks may go apart between two answers, milliseconds. */
const TOLERANCE_MS = 5_000;
/** Nobody publishes other bytes under one tag that often while a host looks on. */
const MAX_CHANGES = 3;

/** `Date` knows no time further from 1970, milliseconds. */
const MAX_TIME_MS = 8.64e15;

/**
 * Tells whether a server's times of publication can be believed. One that gives
 * the time of the call would make every answer a new publication: between two
 * answers about the same version its time moves as the clock does, and is not
 * believed from then on. Neither is one whose time goes back, as that of two
 * servers behind one address does, or changes again and again, as that of the
 * call in whole minutes does. No single answer can tell.
 */
export class PublicationTimes {
  readonly #now: () => number;
  #last: Sighting | undefined;
  /** How often the time has changed for the same version. */
  #changes = 0;
  #areOfCalls = false;
  /** Never taken back: a fingerprint that comes and goes would make a version that failed a new one each time. */
  #areUnsteady = false;

  /** @param now Unix milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Returns when the version of an answer was published, Unix milliseconds; `undefined` when that is not known. */
  read(answer: CurrentAnswer): number | undefined {
    const createdAt = timeOf(answer);
    const of = `${answer.tag} ${answer.artifactUrl}`;
    const sighting = { of, createdAt, at: this.#now() };
    const last = this.#last;
    this.#last = sighting;
    if (last?.of === of) this.#compare(last, sighting);
    else this.#changes = 0;
    return this.#areOfCalls || this.#areUnsteady ? undefined : createdAt;
  }

  #compare(last: Sighting, next: Sighting): void {
    const passed = next.at - last.at;
    if (next.createdAt === last.createdAt) {
      // Two calls in the same moment say nothing.
      if (passed > TOLERANCE_MS) this.#areOfCalls = false;
      return;
    }
    const moved = (next.createdAt ?? NaN) - (last.createdAt ?? NaN);
    this.#changes++;
    // Also where only some answers have a time.
    const isForward = moved > 0;
    this.#areUnsteady ||= !isForward || this.#changes >= MAX_CHANGES;
    if (Math.abs(moved - passed) <= TOLERANCE_MS) this.#areOfCalls = true;
  }
}

function timeOf({ createdAt }: CurrentAnswer): number | undefined {
  const isTime = createdAt !== undefined && Math.abs(createdAt) <= MAX_TIME_MS;
  return isTime ? createdAt : undefined;
}
