import { createZstdDecompress } from "node:zlib";
import { type ByteSource, CHUNK_BYTES } from "./byte_source.ts";
import { through } from "./decompress_stream.ts";
import { corrupt } from "./extract_errors.ts";
import { zstdFrame } from "./zstd_frame.ts";

/**
 * Expands a zstd file. `node:zlib` here stops after the first frame and takes a
 * cut-off one for whole, so each frame is measured and expanded by itself.
 */
export async function* unzstd(source: ByteSource): ByteSource {
  const input = new Pushback(source);
  for (let frames = 0;; frames++) {
    const first = await input.next();
    if (first === undefined) {
      if (frames === 0) throw corrupt("it is empty");
      return;
    }
    input.putBack(first);
    const options = { chunkSize: CHUNK_BYTES };
    yield* through(createZstdDecompress(options), oneFrame(input));
  }
}

/** Gives the bytes of the frame at the head of `input` and leaves the rest. */
async function* oneFrame(input: Pushback): ByteSource {
  const frame = zstdFrame();
  frame.next();
  while (true) {
    const chunk = await input.next();
    if (chunk === undefined) throw corrupt("its zstd data is cut off");
    const step = frame.next(chunk);
    if (step.done !== true) {
      yield chunk;
      continue;
    }
    const end = chunk.length - step.value;
    input.putBack(chunk.subarray(end));
    yield chunk.subarray(0, end);
    return;
  }
}

/** Chunks of which one can be put back. */
class Pushback {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #back: Uint8Array | undefined;

  constructor(source: ByteSource) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  async next(): Promise<Uint8Array | undefined> {
    const back = this.#back;
    this.#back = undefined;
    if (back !== undefined) return back;
    const { done, value } = await this.#chunks.next();
    return done === true ? undefined : value;
  }

  putBack(chunk: Uint8Array): void {
    this.#back = chunk.length > 0 ? chunk : undefined;
  }
}
