import type { ServerResponse } from "node:http";
import type { AdminReply } from "./message.ts";
import { SECURITY_HEADERS } from "./replies.ts";

/** How an answer is sent. */
export interface Sending {
  readonly reply: AdminReply;
  /** Whether only the head is wanted. */
  readonly isHead: boolean;
  /** For a client to take what it is sent, milliseconds. */
  readonly takeMs: number;
}

/** Sends an answer; a client that does not take it in time is cut off. */
export async function sendReply(
  outgoing: ServerResponse,
  { reply, isHead, takeMs }: Sending,
): Promise<void> {
  const { status, body } = reply;
  const headers = {
    ...SECURITY_HEADERS,
    ...reply.headers,
    connection: "close",
  };
  if (typeof body === "string") {
    const bytes = new TextEncoder().encode(body);
    outgoing.writeHead(status, { ...headers, "content-length": bytes.length });
    if (!isHead) outgoing.write(bytes);
  } else {
    outgoing.writeHead(status, headers);
    outgoing.flushHeaders();
    if (!isHead) await sendChunks(outgoing, body, takeMs);
  }
  const closed = happens(outgoing, ["close"], takeMs);
  outgoing.end();
  if (await closed === "late") outgoing.destroy();
}

async function sendChunks(
  outgoing: ServerResponse,
  chunks: AsyncIterable<string>,
  takeMs: number,
): Promise<void> {
  for await (const chunk of chunks) {
    if (outgoing.destroyed) return;
    if (outgoing.write(chunk)) continue;
    // A client that takes nothing would be kept for ever.
    const taken = await happens(outgoing, ["drain", "close"], takeMs);
    if (taken === "late") outgoing.destroy();
  }
}

/** Waits for one of the events, and no longer than `ms`. */
function happens(
  outgoing: ServerResponse,
  names: readonly string[],
  ms: number,
): Promise<"done" | "late"> {
  return new Promise((resolve) => {
    const end = (how: "done" | "late") => {
      clearTimeout(timer);
      for (const name of names) outgoing.off(name, onEvent);
      resolve(how);
    };
    const onEvent = () => end("done");
    const timer = setTimeout(() => end("late"), ms);
    for (const name of names) outgoing.once(name, onEvent);
  });
}
