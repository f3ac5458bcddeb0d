import type { ArtifactBody } from "../base/artifact_body.ts";
import { SourceError } from "../base/errors.ts";

/** What {@link toArtifactBody} needs. */
export interface BodyOptions {
  /** What is read, for errors: `s3://bucket/key`. */
  readonly shownName: string;
  readonly length: number | undefined;
  readonly signal: AbortSignal;
}

/** Network chunks of 60 KB cost more time in streams, hash and file than in the network. */
const CHUNK_BYTES = 256 * 1024;

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Hands on the body of an answer in larger chunks, one ahead of what is asked
 * for. The stream ends with the reason of `signal` when that is aborted, and
 * with a SourceError when the connection breaks; either way the connection is
 * given up.
 */
export function toArtifactBody(
  body: ReadableStream<Uint8Array>,
  options: BodyOptions,
): ArtifactBody {
  const { shownName, length, signal } = options;
  const reader = body.getReader();
  const collector = new Collector(reader);
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
      const chunk = await collector.next().catch((cause: unknown) => {
        leave();
        throw new SourceError("unavailable", `Cannot read "${shownName}"`, {
          hint: "The connection broke; dewy tries again by itself",
          cause,
        });
      });
      if (signal.aborted) return;
      if (chunk !== undefined) return controller.enqueue(chunk);
      leave();
      controller.close();
    },
    async cancel(reason) {
      leave();
      await reader.cancel(reason);
    },
  });
  return { stream, ...(length === undefined ? {} : { length }) };
}

/** Collects what a reader gives into chunks of one size; the last one is shorter. */
class Collector {
  readonly #reader: Reader;
  #rest: Uint8Array = new Uint8Array();

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const chunk = new Uint8Array(CHUNK_BYTES);
    let filled = this.#take(chunk, 0);
    while (filled < chunk.length) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.#rest = value;
      filled += this.#take(chunk, filled);
    }
    return filled === 0 ? undefined : chunk.subarray(0, filled);
  }

  #take(chunk: Uint8Array, at: number): number {
    const part = this.#rest.subarray(0, chunk.length - at);
    chunk.set(part, at);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }
}

function giveUp(reader: Reader, reason: unknown): void {
  // A body that has failed already has nothing left to cancel.
  reader.cancel(reason).catch(() => {});
}
