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
  /** Aborted once the connection is closed. */
  readonly left: AbortSignal;
}

/** Sends an answer; a client that does not take it in time is cut off. */
export async function sendReply(
  outgoing: ServerResponse,
  { reply, isHead, ...waiting }: Sending,
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
    if (!isHead) await sendChunks(outgoing, body, waiting);
  }
  const closed = happens(outgoing, "close", waiting);
  outgoing.end();
  if (await closed === "late") outgoing.destroy();
}

async function sendChunks(
  outgoing: ServerResponse,
  chunks: AsyncIterable<string>,
  waiting: Waiting,
): Promise<void> {
  for await (const chunk of chunks) {
    if (outgoing.destroyed) return;
    if (outgoing.write(chunk)) continue;
    // A client that takes nothing would be kept for ever.
    const taken = await happens(outgoing, "drain", waiting);
    if (taken === "late") outgoing.destroy();
  }
}

type Waiting = Pick<Sending, "takeMs" | "left">;

/** Waits for the event or the end of the connection, which may have been before, and no longer than `takeMs`. */
function happens(
  outgoing: ServerResponse,
  name: "drain" | "close",
  { takeMs, left }: Waiting,
): Promise<"done" | "late"> {
  // The event of a connection that is closed does not come again.
  if (left.aborted) return Promise.resolve("done");
  return new Promise((resolve) => {
    const end = (how: "done" | "late") => {
      clearTimeout(timer);
      outgoing.off(name, onEvent);
      left.removeEventListener("abort", onEvent);
      resolve(how);
    };
    const onEvent = () => end("done");
    const timer = setTimeout(() => end("late"), takeMs);
    outgoing.once(name, onEvent);
    left.addEventListener("abort", onEvent);
  });
}
