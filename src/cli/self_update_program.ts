import { createHash } from "node:crypto";
import { ArtifactError } from "../base/errors.ts";
import { fileChunks } from "../release/byte_source.ts";
import { decompress } from "../release/decompress.ts";
import { BLOCK_BYTES, parseTarHeader } from "../release/tar_header.ts";

/** More than any archive of dewy has, bytes. */
const MAX_ARCHIVE_BYTES = 512 * 1024 * 1024;

/** What a file must be. */
export interface ExpectedFile {
  /** For errors. */
  readonly name: string;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Writes a download to `file`, and leaves that at its beginning.
 *
 * @throws {ArtifactError} When it has another checksum, or is too long.
 */
export async function saveVerified(
  download: ReadableStream<Uint8Array<ArrayBuffer>>,
  file: Deno.FsFile,
  { name, sha256 }: ExpectedFile,
): Promise<void> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of download) {
    size += chunk.length;
    if (size > MAX_ARCHIVE_BYTES) {
      throw new ArtifactError("too-large", `"${name}" is larger than 512 MiB`);
    }
    hash.update(chunk);
    await writeAll(file, chunk);
  }
  const actual = hash.digest("hex");
  if (actual !== sha256) {
    throw new ArtifactError(
      "checksum",
      `Cannot use "${name}": its SHA-256 is ${actual}, published is ${sha256}`,
      { hint: "It is cut short or changed: try again, and do not use it" },
    );
  }
  await file.seek(0, Deno.SeekMode.Start);
}

/**
 * Writes the file `dewy` of a `tar.gz` to `program`.
 *
 * @throws {ArtifactError} When there is none, or the archive is damaged.
 */
export async function unpackProgram(
  archive: Deno.FsFile,
  program: Deno.FsFile,
): Promise<void> {
  let left = 0;
  let isProgram = false;
  let isFound = false;
  for await (
    const blocks of inBlocks(decompress("gzip", fileChunks(archive)))
  ) {
    for (let at = 0; at < blocks.length;) {
      if (left === 0) {
        const header = parseTarHeader(blocks.subarray(at, at + BLOCK_BYTES));
        left = header?.size ?? 0;
        isProgram = header?.path === "dewy" && header.type === "0";
        isFound ||= isProgram;
        at += BLOCK_BYTES;
        continue;
      }
      const content = blocks.subarray(at, at + left);
      if (isProgram) await writeAll(program, content);
      left -= content.length;
      at += Math.ceil(content.length / BLOCK_BYTES) * BLOCK_BYTES;
    }
  }
  if (isFound && left === 0) return;
  throw new ArtifactError("corrupt", "The archive holds no program of dewy");
}

/** Cuts a stream into pieces of whole blocks; what is left at its end is no part of an archive. */
async function* inBlocks(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let rest = new Uint8Array(0);
  for await (const chunk of source) {
    const all = new Uint8Array(rest.length + chunk.length);
    all.set(rest);
    all.set(chunk, rest.length);
    const whole = all.length - all.length % BLOCK_BYTES;
    yield all.subarray(0, whole);
    rest = all.slice(whole);
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    rest = rest.subarray(await file.write(rest));
  }
}
