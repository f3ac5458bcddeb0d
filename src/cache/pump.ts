import { createHash } from "node:crypto";
import type { ArtifactBody } from "../base/artifact_body.ts";
import { type ByteReader, openByteReader } from "../base/byte_reader.ts";
import {
  ArtifactError,
  DewyError,
  FilesystemError,
  SourceError,
} from "../base/errors.ts";

/** Below it, the calls of the file system cost more than its work. */
const BLOCK_BYTES = 1024 * 1024;

/** Where {@link pump} writes to, and within which limits. */
export interface PumpOptions {
  readonly file: Deno.FsFile;
  /** The key, for errors. */
  readonly name: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** What went through. */
export interface Pumped {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/**
 * Copies `body` into a file while counting and hashing it. The stream is read
 * to its end or cancelled.
 *
 * @throws {ArtifactError} `length` or `too-large`.
 * @throws {SourceError} When the stream breaks off.
 * @throws {FilesystemError} When the file cannot be written.
 */
export async function pump(
  body: ArtifactBody,
  options: PumpOptions,
): Promise<Pumped> {
  const { signal } = options;
  const reader = openByteReader(body.stream);
  // Ends a read that hangs; the stream itself may not know the signal.
  const onAbort = () => {
    reader.cancel(signal.reason).catch(() => {});
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await copy(reader, { ...options, length: body.length });
  } catch (error) {
    // How the source takes its cancellation does not matter any more.
    reader.cancel(error).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

interface CopyOptions extends PumpOptions {
  readonly length: number | undefined;
}

/** Two blocks take turns: one is written and hashed while the other one is filled. */
async function copy(
  reader: ByteReader,
  options: CopyOptions,
): Promise<Pumped> {
  const { name, length } = options;
  const hash = createHash("sha256");
  let bytes = 0;
  checkSize(length ?? 0, options);
  // One byte more than there may be tells at once that it is too long.
  const end = Math.min(length ?? Infinity, options.maxBytes) + 1;
  const newBlock = () => new Uint8Array(Math.min(BLOCK_BYTES, end));
  let spare = newBlock();
  let reading = readBlock(reader, { ...options, block: newBlock() });
  for (;;) {
    const block = await reading;
    if (block.length === 0) break;
    bytes += block.length;
    checkSize(bytes, options);
    const next = spare.subarray(0, end - bytes);
    reading = readBlock(reader, { ...options, block: next });
    // It is awaited in the next turn; until then nobody listens.
    reading.catch(() => {});
    const writing = writeAll(block, options);
    hash.update(block);
    await writing;
    spare = new Uint8Array(block.buffer);
  }
  if (length !== undefined && bytes !== length) {
    throw new ArtifactError(
      "length",
      `Cannot store "${name}": it ended after ${bytes} of ${length} bytes`,
    );
  }
  return { bytes, sha256: hash.digest("hex") };
}

function checkSize(bytes: number, options: CopyOptions): void {
  const { name, length, maxBytes } = options;
  if (bytes > maxBytes) {
    throw new ArtifactError(
      "too-large",
      `Cannot store "${name}": it is larger than ${maxBytes} bytes`,
      { hint: "Raise the limit with --max-artifact-size" },
    );
  }
  if (length !== undefined && bytes > length) {
    throw new ArtifactError(
      "length",
      `Cannot store "${name}": it has at least ${bytes} bytes, and ${length} were announced`,
    );
  }
}

async function readBlock(
  reader: ByteReader,
  options: CopyOptions & { readonly block: Uint8Array<ArrayBuffer> },
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { block } = options;
    const filled = await reader.read(block, block.length);
    options.signal.throwIfAborted();
    return filled;
  } catch (cause) {
    options.signal.throwIfAborted();
    if (cause instanceof DewyError) throw cause;
    throw new SourceError(
      "unavailable",
      `Cannot download "${options.name}": the source broke off`,
      { cause },
    );
  }
}

async function writeAll(
  chunk: Uint8Array<ArrayBuffer>,
  { file, name }: CopyOptions,
): Promise<void> {
  try {
    let rest = chunk;
    while (rest.length > 0) rest = rest.subarray(await file.write(rest));
  } catch (cause) {
    throw FilesystemError.wrap(`Cannot write "${name}" to the cache`, cause);
  }
}
