import { FilesystemError } from "../base/errors.ts";
import {
  type ArchiveFormat,
  archiveFormat,
  type Compression,
  HEAD_BYTES,
} from "./archive_format.ts";
import { fileChunks } from "./byte_source.ts";
import { decompress } from "./decompress.ts";
import { corrupt } from "./extract_errors.ts";
import { finishTree } from "./finish_tree.ts";
import { TarReader } from "./tar_reader.ts";
import type { ExtractSummary, TreePlan } from "./tree_plan.ts";
import { type ExtractLimits, TreeWriter } from "./tree_writer.ts";
import { Turns } from "./turns.ts";

export type { ExtractLimits, ExtractSummary };

const EXECUTABLE_MODE = 0o755;

/** Options of {@link extractArchive}. */
export interface ExtractOptions {
  readonly limits: ExtractLimits;
  readonly signal: AbortSignal;
}

/** An artifact on disk. */
export interface Archive {
  readonly path: string;
  /** The name it was published under, which tells its format. */
  readonly name: string;
}

/** Where the readers put what they read. */
interface Target extends ExtractOptions {
  readonly writer: TreeWriter;
  readonly turns: Turns;
}

/**
 * Extracts an artifact into the existing empty folder `directory`; a bare
 * program becomes the file of its name there. Memory does not grow with the
 * archive. After a failure the folder holds a part of the tree, nothing outside
 * of it was touched, and the caller removes it.
 *
 * @throws {ArtifactError} `corrupt`, `refused`, `too-large` or `unsupported`: the archive is at fault.
 * @throws {FilesystemError} When the archive cannot be read or the tree not be written.
 */
export async function extractArchive(
  archive: Archive,
  directory: string,
  options: ExtractOptions,
): Promise<ExtractSummary> {
  const plan = await unpackArchive(archive, directory, options);
  return await finishTree(directory, plan, new Turns(options.signal));
}

/**
 * Does the same but for the links and the modes of folders, which
 * {@link finishTree} makes from the plan that is returned.
 */
export async function unpackArchive(
  archive: Archive,
  directory: string,
  options: ExtractOptions,
): Promise<TreePlan> {
  const { limits, signal } = options;
  signal.throwIfAborted();
  using file = await openArchive(archive.path);
  const format = archiveFormat(archive.name, await readHead(file));
  using writer = new TreeWriter(directory, limits);
  const target = { ...options, writer, turns: new Turns(signal) };
  await unpack(archive, { file, format }, target);
  return await writer.plan(target.turns);
}

interface OpenArchive {
  readonly file: Deno.FsFile;
  readonly format: ArchiveFormat;
}

async function unpack(
  archive: Archive,
  { file, format }: OpenArchive,
  target: Target,
): Promise<void> {
  switch (format.kind) {
    case "tar":
      return await unpackTar(file, format.compression, target);
    case "zip": {
      const { readZip } = await import("./zip_reader.ts");
      return await readZip({ path: archive.path, file }, target);
    }
    case "executable":
      return await copyProgram(file, archive.name, target);
    default:
      return format satisfies never;
  }
}

async function unpackTar(
  file: Deno.FsFile,
  compression: Compression,
  { writer, turns, limits }: Target,
): Promise<void> {
  const reader = new TarReader(writer, limits.maxBytes);
  for await (const chunk of decompress(compression, fileChunks(file))) {
    reader.push(chunk);
    await turns.take();
  }
  reader.end();
}

async function copyProgram(
  file: Deno.FsFile,
  name: string,
  { writer, turns }: Target,
): Promise<void> {
  const { size } = await file.stat();
  writer.openFile(name, EXECUTABLE_MODE, size);
  for await (const chunk of fileChunks(file)) {
    writer.write(chunk);
    await turns.take();
  }
  writer.closeFile();
}

async function openArchive(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (cause) {
    throw FilesystemError.wrap(`Cannot open the archive "${path}"`, cause);
  }
}

/** Reads the first bytes of `file`, which stands at its beginning again afterwards. */
async function readHead(file: Deno.FsFile): Promise<Uint8Array> {
  const head = new Uint8Array(HEAD_BYTES);
  const length = await rewound(file, head);
  if (length === 0) throw corrupt("it is empty");
  return head.subarray(0, length);
}

async function rewound(file: Deno.FsFile, head: Uint8Array): Promise<number> {
  try {
    const length = await file.read(head) ?? 0;
    await file.seek(0, Deno.SeekMode.Start);
    return length;
  } catch (cause) {
    throw FilesystemError.wrap("Cannot read the archive", cause);
  }
}
