import { createInflateRaw, inflateRawSync } from "node:zlib";
import type { Entry } from "yauzl";
import { FilesystemError } from "../base/errors.ts";
import { type ByteSource, CHUNK_BYTES } from "./byte_source.ts";
import { through } from "./decompress_stream.ts";
import { corrupt, readFailure } from "./extract_errors.ts";

const LOCAL_MAGIC = 0x04034b50;
const LITTLE_ENDIAN = true;
const DEFLATED = 8;
/** Entries up to this size are expanded in one go: a stream for each of thousands of files takes longer than its work. */
const MAX_WHOLE_BYTES = 1024 * 1024;

/** The smallest output buffer that zlib takes. */
const MIN_ZLIB_CHUNK = 64;

/** Bytes of the header before each entry, without name and extra field. */
export const LOCAL_HEADER_BYTES = 30;

/**
 * Expands the bytes of one entry of the zip in `file`, as many as there are.
 *
 * @throws {ArtifactError} `corrupt` when they are damaged or not there.
 */
export async function* zipContents(
  file: Deno.FsFile,
  entry: Entry,
): ByteSource {
  await seek(file, entry.relativeOffsetOfLocalHeader);
  const head = await readExactly(file, LOCAL_HEADER_BYTES);
  const view = new DataView(head.buffer);
  if (view.getUint32(0, LITTLE_ENDIAN) !== LOCAL_MAGIC) {
    throw corrupt("an entry is not where the zip says");
  }
  const nameAndExtra = view.getUint16(26, LITTLE_ENDIAN) +
    view.getUint16(28, LITTLE_ENDIAN);
  const start = entry.relativeOffsetOfLocalHeader + LOCAL_HEADER_BYTES;
  await seek(file, start + nameAndExtra);
  const stored = exactly(file, entry.compressedSize);
  if (entry.compressionMethod !== DEFLATED) yield* stored;
  else if (isSmall(entry)) yield await inflateWhole(file, entry);
  else yield* through(createInflateRaw({ chunkSize: CHUNK_BYTES }), stored);
}

function isSmall({ compressedSize, uncompressedSize }: Entry): boolean {
  return Math.max(compressedSize, uncompressedSize) <= MAX_WHOLE_BYTES;
}

async function inflateWhole(
  file: Deno.FsFile,
  entry: Entry,
): Promise<Uint8Array> {
  const stored = await readExactly(file, entry.compressedSize);
  // One byte more than announced is enough to see that there are too many.
  return inflate(stored, entry.uncompressedSize + 1);
}

function inflate(
  stored: Uint8Array,
  maxOutputLength: number,
): Uint8Array {
  try {
    // Room for all of it at once: otherwise it comes in pieces that are joined.
    const chunkSize = Math.max(maxOutputLength, MIN_ZLIB_CHUNK);
    return inflateRawSync(stored, { maxOutputLength, chunkSize });
  } catch (cause) {
    throw readFailure(cause);
  }
}

async function* exactly(file: Deno.FsFile, length: number): ByteSource {
  for (let left = length; left > 0;) {
    const size = Math.min(left, CHUNK_BYTES);
    yield await readExactly(file, size);
    left -= size;
  }
}

async function readExactly(
  file: Deno.FsFile,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const count = await read(file, bytes.subarray(done));
    if (count === null) throw corrupt("an entry is cut off");
    done += count;
  }
  return bytes;
}

async function read(
  file: Deno.FsFile,
  bytes: Uint8Array,
): Promise<number | null> {
  try {
    return await file.read(bytes);
  } catch (cause) {
    throw FilesystemError.wrap("Cannot read the archive", cause);
  }
}

async function seek(file: Deno.FsFile, offset: number): Promise<void> {
  try {
    await file.seek(offset, Deno.SeekMode.Start);
  } catch (cause) {
    throw FilesystemError.wrap("Cannot read the archive", cause);
  }
}
