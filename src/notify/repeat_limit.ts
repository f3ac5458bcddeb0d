import { elapsedMs } from "../base/elapsed.ts";
import type { Message } from "./message.ts";
import { lines, rich } from "./rich_text.ts";

/** So many messages of a topic are sent, then none until it was quiet. */
const MAX_TOLD = 3;
const QUIET_MS = 10 * 60_000;

interface Row {
  count: number;
  lastAt: number;
}

/** A message and what it tells of. */
export interface Told {
  readonly message: Message;
  /** Type of the event. */
  readonly event: string;
  /** When that happened, Unix milliseconds. */
  readonly at: number;
}

/** Keeps what happens again and again, such as a container that falls sick every second, from filling a channel. */
export class RepeatLimit {
  #rows = new Map<string, Row>();
  /** What was one too many, by what it says the state of. */
  #untold = new Map<string, Told>();

  /** Returns the message, with a remark when it is the last one for now; `undefined` when it is one too many. */
  allow(told: Told): Message | undefined {
    const { message, at } = told;
    const { topic, stateOf } = message;
    if (topic === undefined) return message;
    const before = this.#rows.get(topic);
    const isNew = before === undefined ||
      elapsedMs(before.lastAt, at) >= QUIET_MS;
    const row = { count: isNew ? 1 : before.count + 1, lastAt: at };
    this.#rows.set(topic, row);
    if (stateOf !== undefined) this.#untold.delete(stateOf);
    if (row.count < MAX_TOLD) return message;
    if (row.count > MAX_TOLD) {
      if (stateOf !== undefined) this.#untold.set(stateOf, told);
      return undefined;
    }
    const remark =
      rich`Further ones are told when there was none for 10 minutes.`;
    return { ...message, text: lines(message.text, remark) };
  }

  /** Returns what was too much, and has stayed so since. */
  settled(now: number): readonly Told[] {
    if (this.#untold.size === 0) return [];
    const settled = [...this.#untold].filter(([, { at }]) =>
      elapsedMs(at, now) >= QUIET_MS
    );
    for (const [stateOf] of settled) this.#untold.delete(stateOf);
    return settled.map(([, told]) => told);
  }

  /** Says that what it was the state of is not there any more. */
  forget(stateOf: string): void {
    this.#untold.delete(stateOf);
  }
}
