import { createHash } from "node:crypto";
import type { ArtifactBody } from "../base/artifact_body.ts";
import {
  ArtifactError,
  DewyError,
  FilesystemError,
  SourceError,
} from "../base/errors.ts";

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
  const reader = body.stream.getReader();
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

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

interface CopyOptions extends PumpOptions {
  readonly length: number | undefined;
}

async function copy(reader: Reader, options: CopyOptions): Promise<Pumped> {
  const { name, length } = options;
  const hash = createHash("sha256");
  let bytes = 0;
  checkSize(length ?? 0, options);
  for (;;) {
    const chunk = await readChunk(reader, options);
    if (chunk === undefined) break;
    bytes += chunk.length;
    checkSize(bytes, options);
    hash.update(chunk);
    await writeAll(chunk, options);
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
      `Cannot store "${name}": it is longer than the announced ${length} bytes`,
    );
  }
}

async function readChunk(
  reader: Reader,
  options: CopyOptions,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const { done, value } = await reader.read();
    options.signal.throwIfAborted();
    return done ? undefined : value;
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
