import type { GateSession } from "./gate_session.ts";

/** Looks without a sign of life after which nothing is on its way any more. */
const QUIET_LOOKS = 4;
/** The same for a client in the middle of a head. */
const QUIET_LOOKS_IN_HEAD = 40;

interface Silence {
  progress: number;
  looks: number;
}

/**
 * Takes leave of clients whose port is closed. An answer that did not say
 * `connection: close` lets its client ask once more, so that a connection ends
 * only when nothing has moved on it for a while; that is counted in looks, as
 * time also passes while nothing is served.
 */
export class Parting {
  #silences = new WeakMap<GateSession, Silence>();

  /** Ends the sessions that are idle; to be called every {@link PARTING_LOOK_MS}. */
  look(sessions: Iterable<GateSession>): void {
    for (const session of [...sessions]) {
      const looks = this.#silentLooks(session);
      const needed = this.#isInHead(session)
        ? QUIET_LOOKS_IN_HEAD
        : QUIET_LOOKS;
      if (looks >= needed) session.end();
    }
  }

  #silentLooks(session: GateSession): number {
    const { progress, owed } = session;
    const silence = this.#silences.get(session);
    if (silence === undefined || silence.progress !== progress || owed > 0) {
      this.#silences.set(session, { progress, looks: 0 });
      return 0;
    }
    return ++silence.looks;
  }

  #isInHead(session: GateSession): boolean {
    return !session.isHttp2 && session.bytes > 0 &&
      session.owesSince(performance.now()) !== undefined;
  }
}

/** Time from one look to the next, milliseconds. */
export const PARTING_LOOK_MS = 25;
