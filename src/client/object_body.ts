import type { ArtifactBody } from "../base/artifact_body.ts";
import {
  type ByteReader,
  openByteReader,
  requestOf,
} from "../base/byte_reader.ts";
import { SourceError } from "../base/errors.ts";
import { STALL_MS } from "../base/transfer_limits.ts";
import { TransferWatch } from "../base/transfer_watch.ts";

/** How a body that ends badly is told. */
export interface BodyErrors {
  /** Nothing came for so long, milliseconds. */
  readonly stalled: (ms: number) => Error;
  readonly brokenOff: (cause: unknown) => Error;
}

/** What {@link guardBody} needs. */
export interface GuardOptions {
  readonly errors: BodyErrors;
  readonly length: number | undefined;
  readonly signal: AbortSignal;
  /** How long the next bytes may take, milliseconds. @default 60,000 */
  readonly stallMs?: number | undefined;
}

/** What {@link toArtifactBody} needs. */
export interface BodyOptions extends Omit<GuardOptions, "errors"> {
  /** What is read, for errors: `s3://bucket/key`. */
  readonly shownName: string;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** For readers that bring no memory of their own. */
const CHUNK_BYTES = 256 * 1024;

/** Guards the body of an object; see {@link guardBody}. */
export function toArtifactBody(
  body: ReadableStream<Uint8Array>,
  options: BodyOptions,
): ArtifactBody {
  const what = `Cannot read "${options.shownName}"`;
  const errors = {
    stalled: (ms: number) => stalled(what, ms),
    brokenOff: (cause: unknown) => brokenOff(what, cause),
  };
  return guardBody(body, { ...options, errors });
}

/**
 * Hands on the body of an answer, written into the memory of its reader and
 * filling it. The stream ends with the reason of `signal` when that is aborted,
 * and with an error of `errors` when the connection breaks or nothing comes for
 * too long; either way the connection is given up.
 */
export function guardBody(
  body: ReadableStream<Uint8Array>,
  { errors, length, signal, stallMs = STALL_MS }: GuardOptions,
): ArtifactBody {
  const reader = openByteReader(body);
  const watch = new TransferWatch(signal, errors.stalled);
  const stream = new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK_BYTES,
    start(controller) {
      const onAbort = () => {
        controller.error(watch.signal.reason);
        watch[Symbol.dispose]();
        giveUp(reader, watch.signal.reason);
      };
      watch.signal.addEventListener("abort", onAbort, { once: true });
      if (watch.signal.aborted) onAbort();
    },
    async pull(controller) {
      const { request, view } = requestOf(controller);
      const filled = await fill(view, { reader, watch, stallMs })
        .catch((cause) => {
          watch[Symbol.dispose]();
          throw errors.brokenOff(cause);
        });
      if (watch.signal.aborted) return;
      if (filled.length > 0) return request.respondWithNewView(filled);
      watch[Symbol.dispose]();
      controller.close();
      request.respondWithNewView(filled);
    },
    async cancel(reason) {
      watch[Symbol.dispose]();
      await reader.cancel(reason);
    },
  });
  return { stream, ...(length === undefined ? {} : { length }) };
}

interface Filling {
  readonly reader: ByteReader;
  readonly watch: TransferWatch;
  readonly stallMs: number;
}

/**
 * Fills `view`, because handing on every piece of 60 KB costs more time than
 * the network; each piece has the whole time limit for itself, so that a slow
 * network does not pass for a dead one.
 */
async function fill(
  view: Bytes,
  { reader, watch, stallMs }: Filling,
): Promise<Bytes> {
  const { byteOffset, length } = view;
  let { buffer } = view;
  let filled = 0;
  while (filled < length) {
    watch.expect(stallMs);
    const rest = new Uint8Array(buffer, byteOffset + filled, length - filled);
    const part = await reader.read(rest, 1);
    watch.settle();
    // A stream that was cancelled keeps the memory.
    if (part.length === 0 && watch.signal.aborted) return part;
    buffer = part.buffer;
    if (part.length === 0) break;
    filled += part.length;
  }
  return new Uint8Array(buffer, byteOffset, filled);
}

function stalled(what: string, ms: number): SourceError {
  const message = `${what}: nothing came for ${ms / 1000} s`;
  return new SourceError("timeout", message, {
    hint: "Check the network, and that the service is not overloaded",
  });
}

function brokenOff(what: string, cause: unknown): SourceError {
  return new SourceError("unavailable", what, {
    hint: "The connection broke; dewy tries again by itself",
    cause,
  });
}

function giveUp(reader: ByteReader, reason: unknown): void {
  // A body that has failed already has nothing left to cancel.
  reader.cancel(reason).catch(() => {});
}
