import { LimitedBytesTransformStream, toText } from "@std/streams";
import { ArtifactError, SourceError } from "../base/errors.ts";
import type { Release } from "../base/release.ts";
import type { ArtifactStore } from "./artifact_store.ts";

/** A published checksum. */
export interface ExpectedChecksum {
  /** Lower-case hex. */
  readonly sha256: string;
  /** Who says so: `registry`, or the name of the file. */
  readonly source: string;
}

/** What {@link expectedSha256} reads. */
export interface ChecksumOptions {
  readonly store: ArtifactStore;
  readonly signal: AbortSignal;
}

/** Lists of real releases have a few kilobytes. */
const MAX_LIST_BYTES = 1024 * 1024;

/**
 * Returns the checksum that is published for a release, or `undefined` when
 * there is none: the registry's own word, or else the first published file that
 * mentions the artifact.
 *
 * @throws {ArtifactError} `checksum` when a file of this artifact's own cannot be understood, or a list contradicts itself.
 * @throws {SourceError} When a file cannot be read.
 */
export async function expectedSha256(
  release: Release,
  options: ChecksumOptions,
): Promise<ExpectedChecksum | undefined> {
  if (release.sha256 !== undefined) {
    return { sha256: release.sha256.toLowerCase(), source: "registry" };
  }
  for (const url of release.checksumUrls) {
    const source = nameOf(url);
    const text = await readList(url, options);
    if (text === undefined) continue;
    const sha256 = findSha256(text, {
      artifact: release.artifactName,
      source,
    });
    if (sha256 !== undefined) return { sha256, source };
  }
  return undefined;
}

async function readList(
  url: string,
  options: ChecksumOptions,
): Promise<string | undefined> {
  try {
    const { stream } = await options.store.open(url, options.signal);
    return await toText(
      stream.pipeThrough(
        new LimitedBytesTransformStream(MAX_LIST_BYTES, { error: true }),
      ),
    );
  } catch (error) {
    // Removed since the registry was read.
    if (error instanceof SourceError && error.code === "not-found") {
      return undefined;
    }
    if (!(error instanceof RangeError)) throw error;
    throw new ArtifactError(
      "checksum",
      `Cannot read checksum file "${nameOf(url)}": it is larger than 1 MiB`,
      { cause: error },
    );
  }
}

interface Entry {
  readonly sha256: string;
  /** As written; empty when the line holds a checksum only. */
  readonly name: string;
}

function findSha256(
  text: string,
  file: { readonly artifact: string; readonly source: string },
): string | undefined {
  const { artifact, source } = file;
  const entries = text.split(/\r\n|\r|\n/).flatMap(parseLine);
  const isOwn = source.startsWith(`${artifact}.`);
  const exact = entries.filter(({ name }) => name === artifact);
  const found = exact.length > 0
    ? exact
    : entries.filter(({ name }) => name.split(/[/\\]/).at(-1) === artifact);
  // A file of the artifact's own may name it as it was called when it was built.
  const candidates = found.length === 0 && isOwn ? entries : found;
  const [first, ...others] = new Set(candidates.map(({ sha256 }) => sha256));
  if (first !== undefined && others.length === 0) return first;
  if (first === undefined && !isOwn) return undefined;
  throw new ArtifactError(
    "checksum",
    first === undefined
      ? `Cannot read checksum file "${source}": it holds no SHA-256`
      : `Cannot use checksum file "${source}": it has several for "${artifact}"`,
    { hint: `Publish it again: sha256sum ${artifact} > ${artifact}.sha256` },
  );
}

function parseLine(line: string): Entry[] {
  const bsd = /^SHA256 \((.+)\) = ([0-9a-f]{64})\s*$/i.exec(line);
  if (bsd !== null) return [toEntry(bsd[2], bsd[1])];
  const gnu = /^\s*([0-9a-f]{64})(?:[ \t]+\*?(.*?))?\s*$/i.exec(line);
  return gnu === null ? [] : [toEntry(gnu[1], gnu[2])];
}

function toEntry(sha256 = "", name = ""): Entry {
  return {
    sha256: sha256.toLowerCase(),
    name: name.replace(/^(?:\.\/)+/, ""),
  };
}

function nameOf(url: string): string {
  const [path = ""] = url.split("?", 1);
  const name = path.slice(path.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(name);
  } catch (error) {
    // A plain "%": the URL was not encoded.
    if (error instanceof URIError) return name;
    throw error;
  }
}
