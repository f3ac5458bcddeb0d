import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type TarFile, writeTar } from "./tar.ts";

/** Writes `files` as a `tar.gz` that is the same for the same input. */
export async function writeArchive(
  path: string,
  files: readonly TarFile[],
  epoch: number,
): Promise<void> {
  await pipeline(
    Readable.from(writeTar(files, epoch)),
    createGzip({ level: 9 }),
    createWriteStream(path),
  );
}

/** Returns a `SHA256SUMS` file for `paths`, as `sha256sum --check` reads it. */
export async function renderSums(paths: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const path of paths.toSorted()) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    lines.push(`${hash.digest("hex")}  ${basename(path)}\n`);
  }
  return lines.join("");
}
