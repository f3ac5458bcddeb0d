import type { ArtifactBody } from "../base/artifact_body.ts";
import { SourceError } from "../base/errors.ts";

/** What {@link toArtifactBody} needs. */
export interface BodyOptions {
  /** What is read, for errors: `s3://bucket/key`. */
  readonly shownName: string;
  readonly length: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Hands on the body of an answer, chunk by chunk as it is asked for. The stream
 * ends with the reason of `signal` when that is aborted, and with a SourceError
 * when the connection breaks; either way the connection is given up.
 */
export function toArtifactBody(
  body: ReadableStream<Uint8Array>,
  options: BodyOptions,
): ArtifactBody {
  const { shownName, length, signal } = options;
  const reader = body.getReader();
  let onAbort = () => {};
  const leave = () => signal.removeEventListener("abort", onAbort);
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      onAbort = () => {
        controller.error(signal.reason);
        giveUp(reader, signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
    },
    async pull(controller) {
      const next = await reader.read().catch((cause: unknown) => {
        leave();
        throw new SourceError("unavailable", `Cannot read "${shownName}"`, {
          hint: "The connection broke; dewy tries again by itself",
          cause,
        });
      });
      if (signal.aborted) return;
      if (!next.done) return controller.enqueue(toOwned(next.value));
      leave();
      controller.close();
    },
    async cancel(reason) {
      leave();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  return { stream, ...(length === undefined ? {} : { length }) };
}

/** Bytes that came over the network are never in shared memory. */
function toOwned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? bytes as Uint8Array<ArrayBuffer>
    : new Uint8Array(bytes);
}

function giveUp(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  reason: unknown,
): void {
  // A body that has failed already has nothing left to cancel.
  reader.cancel(reason).catch(() => {});
}
