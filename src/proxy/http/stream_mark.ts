import type { OpenStreams } from "./open_streams.ts";

/**
 * What the gate adds to the head of a request whose stream goes on after it:
 * the number of that. No backend gets it, whoever sent it.
 */
export const STREAM_MARK = "dewy-stream";

/** Type and flags of the frame that ends the head (RFC 9113, 6.10). */
const CONTINUATION = 9;
const END_HEADERS = 0x4;
/** A header that is not indexed, its name spelled out (RFC 7541, 6.2.2). */
const LITERAL = 0;

const encoder = new TextEncoder();
const NAME = encoder.encode(STREAM_MARK);

/** Returns the frame with the mark, which ends the head of `stream`. */
export function markFrame(stream: number): Uint8Array {
  const value = encoder.encode(`${stream}`);
  const block = [LITERAL, NAME.length, ...NAME, value.length, ...value];
  const numbers = [24, 16, 8, 0].map((shift) => stream >>> shift & 0xff);
  return Uint8Array.from(
    [0, 0, block.length, CONTINUATION, END_HEADERS, ...numbers, ...block],
  );
}

/** Whether a request of HTTP/2 has a body that the HTTP server hides. */
export async function hidesBody(
  { headers, body }: Request,
  streams: OpenStreams,
  timeoutMs: number,
): Promise<boolean> {
  const mark = headers.get(STREAM_MARK);
  if (mark === null) return false;
  // A client that says the same has it joined to ours: that is no number, and no stream.
  const stream = Number(mark);
  if (body === null) return await streams.hasBody(stream, timeoutMs);
  streams.forget(stream);
  return false;
}
