import type { ArtifactBody } from "../base/artifact_body.ts";
import {
  type ByteReader,
  openByteReader,
  requestOf,
} from "../base/byte_reader.ts";
import { SourceError } from "../base/errors.ts";

/** What {@link toArtifactBody} needs. */
export interface BodyOptions {
  /** What is read, for errors: `s3://bucket/key`. */
  readonly shownName: string;
  readonly length: number | undefined;
  readonly signal: AbortSignal;
}

/** For readers that bring no memory of their own. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Hands on the body of an answer, written into the memory of its reader and
 * filling it. The stream ends with the reason of `signal` when that is aborted,
 * and with a SourceError when the connection breaks; either way the connection
 * is given up.
 */
export function toArtifactBody(
  body: ReadableStream<Uint8Array>,
  options: BodyOptions,
): ArtifactBody {
  const { shownName, length, signal } = options;
  const reader = openByteReader(body);
  let onAbort = () => {};
  const leave = () => signal.removeEventListener("abort", onAbort);
  const stream = new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK_BYTES,
    start(controller) {
      onAbort = () => {
        controller.error(signal.reason);
        giveUp(reader, signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
    },
    async pull(controller) {
      const { request, view } = requestOf(controller);
      // Handing on every piece of 60 KB costs more time than the network.
      const filled = await reader.read(view, view.length).catch((cause) => {
        leave();
        throw new SourceError("unavailable", `Cannot read "${shownName}"`, {
          hint: "The connection broke; dewy tries again by itself",
          cause,
        });
      });
      if (signal.aborted) return;
      if (filled.length > 0) return request.respondWithNewView(filled);
      leave();
      controller.close();
      request.respondWithNewView(filled);
    },
    async cancel(reason) {
      leave();
      await reader.cancel(reason);
    },
  });
  return { stream, ...(length === undefined ? {} : { length }) };
}

function giveUp(reader: ByteReader, reason: unknown): void {
  // A body that has failed already has nothing left to cancel.
  reader.cancel(reason).catch(() => {});
}
