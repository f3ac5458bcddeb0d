import { crc32 } from "node:zlib";
import yauzl, { type Entry, type ZipFile } from "yauzl";
import {
  errorMessage,
  FilesystemError,
  systemErrorCode,
} from "../base/errors.ts";
import type { ByteSource } from "./byte_source.ts";
import {
  corrupt,
  readFailure,
  refused,
  unsupported,
} from "./extract_errors.ts";
import { decodeUtf8 } from "./tar_header.ts";
import type { TreeWriter } from "./tree_writer.ts";
import type { Turns } from "./turns.ts";
import { LOCAL_HEADER_BYTES, zipContents } from "./zip_contents.ts";
import { zipEntry } from "./zip_entry.ts";

const MAX_TARGET_BYTES = 4095;
const OPEN_OPTIONS = {
  autoClose: false,
  decodeStrings: false,
  validateEntrySizes: true,
};

/** A zip file, by name for its directory and open for its contents. */
export interface ZipSource {
  readonly path: string;
  readonly file: Deno.FsFile;
}

/** Where its files go. */
export interface FileSink {
  readonly writer: TreeWriter;
  readonly turns: Turns;
}

/**
 * Unpacks a zip file. Its central directory says what is in it, as
 * for every other reader.
 *
 * @throws {ArtifactError} When it is damaged or holds what may not be.
 * @throws {FilesystemError} When it cannot be read.
 */
export async function readZip(
  { path, file }: ZipSource,
  { writer, turns }: FileSink,
): Promise<void> {
  const zip = await yauzl.openPromise(path, OPEN_OPTIONS).catch(throwFailure);
  const closed = new Promise<void>((done) => zip.once("close", () => done()));
  const taken: Range[] = [];
  try {
    for await (const entry of entries(zip)) {
      const known = zipEntry(entry);
      taken.push(rangeOf(entry));
      if (known.kind === "directory") writer.directory(known.path, known.mode);
      if (known.kind === "file") {
        await writeFile(file, entry, { writer, turns });
      }
      if (known.kind === "symlink") {
        writer.symlink(known.path, await linkTarget(file, entry));
      }
      await turns.take();
    }
    refuseOverlap(taken);
  } finally {
    zip.close();
    await closed;
  }
}

async function writeFile(
  file: Deno.FsFile,
  entry: Entry,
  { writer, turns }: FileSink,
): Promise<void> {
  const { path, mode } = zipEntry(entry);
  writer.openFile(path, mode, entry.uncompressedSize);
  for await (const chunk of checked(entry, zipContents(file, entry))) {
    writer.write(chunk);
    await turns.take();
  }
  writer.closeFile();
}

async function linkTarget(file: Deno.FsFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > MAX_TARGET_BYTES) {
    throw corrupt("a link is longer than a path can be");
  }
  const target = new Uint8Array(entry.uncompressedSize);
  let length = 0;
  for await (const chunk of checked(entry, zipContents(file, entry))) {
    target.set(chunk, length);
    length += chunk.length;
  }
  return decodeUtf8(target);
}

/** Passes bytes through; fails when they are not as many as announced, or not those. */
async function* checked(entry: Entry, source: ByteSource): ByteSource {
  let length = 0;
  let crc = 0;
  for await (const chunk of source) {
    length += chunk.length;
    if (length > entry.uncompressedSize) throw wrongSize();
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (length < entry.uncompressedSize) throw wrongSize();
  if (crc !== entry.crc32) throw corrupt("the checksum of a file is wrong");
}

async function* entries(zip: ZipFile): AsyncGenerator<Entry> {
  try {
    for await (const entry of zip.eachEntry()) yield entry;
  } catch (cause) {
    throwFailure(cause);
  }
}

/** The least that an entry takes of the file. */
interface Range {
  readonly from: number;
  readonly to: number;
}

function rangeOf(entry: Entry): Range {
  const from = entry.relativeOffsetOfLocalHeader;
  const head = LOCAL_HEADER_BYTES + entry.fileNameLength;
  return { from, to: from + head + entry.compressedSize };
}

/** Entries that share bytes are a bomb: each of them expands the same ones. */
function refuseOverlap(taken: Range[]): void {
  taken.sort((one, other) => one.from - other.from);
  let end = 0;
  for (const { from, to } of taken) {
    if (from < end) throw refused("zip", "entries overlap");
    end = to;
  }
}

function wrongSize(): Error {
  return corrupt("a file has not the announced size");
}

function throwFailure(cause: unknown): never {
  const code = systemErrorCode(cause);
  // Codes of the system look like EIO; those of the runtime begin with ERR_.
  if (code !== undefined && /^E(?!RR_)[A-Z0-9]+$/.test(code)) {
    throw FilesystemError.wrap("Cannot read the archive", cause);
  }
  const message = errorMessage(cause);
  if (message.includes("encryption")) throw refused("zip", "it is encrypted");
  if (message.includes("multi-disk")) {
    throw unsupported("it is split over several files", cause);
  }
  throw readFailure(cause);
}
