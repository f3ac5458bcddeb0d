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

/** Keeps what happens again and again, such as a container that falls sick every second, from filling a channel. */
export class RepeatLimit {
  #rows = new Map<string, Row>();

  /** Returns the message, with a remark when it is the last one for now; `undefined` when it is one too many. */
  allow(message: Message, now: number): Message | undefined {
    const { topic } = message;
    if (topic === undefined) return message;
    const before = this.#rows.get(topic);
    const isNew = before === undefined ||
      elapsedMs(before.lastAt, now) >= QUIET_MS;
    const row = { count: isNew ? 1 : before.count + 1, lastAt: now };
    this.#rows.set(topic, row);
    if (row.count > MAX_TOLD) return undefined;
    if (row.count < MAX_TOLD) return message;
    const remark =
      rich`Further ones are told when there was none for 10 minutes.`;
    return { ...message, text: lines(message.text, remark) };
  }
}
