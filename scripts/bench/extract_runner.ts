/**
 * Extracts one archive into an existing folder, as a process of its own for the
 * benchmark.
 *
 * @module
 */
import { basename } from "node:path";
import { extractArchive } from "../../src/release/extract.ts";

const GIB = 1024 ** 3;
const [path = "", directory = ""] = Deno.args;
const limits = {
  maxBytes: 16 * GIB,
  maxFileBytes: 16 * GIB,
  maxEntries: 1_000_000,
  maxDepth: 64,
};
const { signal } = new AbortController();
const archive = { path, name: basename(path) };
await extractArchive(archive, directory, { limits, signal });
