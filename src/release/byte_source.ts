import { FilesystemError } from "../base/errors.ts";

/** Chunks of bytes, each valid as long as its reader keeps it. */
export type ByteSource = AsyncIterable<Uint8Array>;

/** Bytes read, and inflated, at a time. */
export const CHUNK_BYTES = 64 * 1024;

/**
 * Reads `file` from where it stands to its end.
 *
 * @throws {FilesystemError} When it cannot be read.
 */
export async function* fileChunks(file: Deno.FsFile): ByteSource {
  while (true) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const length = await readInto(file, chunk);
    if (length === null) return;
    yield chunk.subarray(0, length);
  }
}

async function readInto(
  file: Deno.FsFile,
  chunk: Uint8Array,
): Promise<number | null> {
  try {
    return await file.read(chunk);
  } catch (cause) {
    throw FilesystemError.wrap("Cannot read the archive", cause);
  }
}
