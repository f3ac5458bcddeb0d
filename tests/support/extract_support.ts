import { join } from "node:path";
import {
  extractArchive,
  type ExtractLimits,
  type ExtractSummary,
} from "../../src/release/extract.ts";

/** Limits that no honest archive here meets. */
export const WIDE_LIMITS: ExtractLimits = {
  maxBytes: 1024 ** 3,
  maxFileBytes: 1024 ** 3,
  maxEntries: 100_000,
  maxDepth: 64,
};

/** A folder with an empty `target` and, beside it, a `sentinel` nobody may touch. */
export interface Yard extends AsyncDisposable {
  readonly root: string;
  readonly target: string;
}

/** Makes a yard in the folder for temporary files, or in `dir`. */
export async function openYard(dir?: string): Promise<Yard> {
  const options = dir === undefined ? {} : { dir };
  const root = await Deno.makeTempDir({ prefix: "extract-", ...options });
  const target = join(root, "target");
  await Deno.mkdir(target);
  await Deno.mkdir(join(root, "sentinel"));
  await Deno.writeTextFile(join(root, "sentinel", "secret"), "secret");
  return {
    root,
    target,
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

/** Writes `bytes` as a file in the yard and extracts it into the target. */
export async function extractBytes(
  yard: Yard,
  archive: { readonly name: string; readonly bytes: Uint8Array },
  limits: ExtractLimits = WIDE_LIMITS,
): Promise<ExtractSummary> {
  const path = join(yard.root, "artifact");
  await Deno.writeFile(path, archive.bytes);
  const { signal } = new AbortController();
  const { name } = archive;
  return await extractArchive({ path, name }, yard.target, { limits, signal });
}

/** Describes everything below `root`, one line each: kind, mode, and content or target; not what is below `except`. */
export async function describeTree(
  root: string,
  except?: string,
): Promise<string[]> {
  const lines: string[] = [];
  for await (const { name } of Deno.readDir(root)) {
    const path = join(root, name);
    if (path === except) continue;
    lines.push(`${name} ${await describePath(path)}`);
    const { isDirectory } = await Deno.lstat(path);
    if (!isDirectory) continue;
    const inner = await describeTree(path, except);
    lines.push(...inner.map((line) => `${name}/${line}`));
  }
  return lines.sort();
}

async function describePath(path: string): Promise<string> {
  const info = await Deno.lstat(path);
  const mode = ((info.mode ?? 0) & 0o7777).toString(8);
  if (info.isSymlink) return `-> ${await Deno.readLink(path)}`;
  if (info.isDirectory) return `folder ${mode}`;
  const bytes = await Deno.readFile(path);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  const hex = new Uint8Array(digest).toHex().slice(0, 16);
  return `file ${mode} links=${info.nlink} ${bytes.length} ${hex}`;
}

/** Runs a program in `cwd` and returns what it wrote; fails when it does. */
export async function run(
  [program = "", ...args]: readonly string[],
  cwd: string,
): Promise<Uint8Array> {
  const command = new Deno.Command(program, { args, cwd });
  const { success, stdout, stderr } = await command.output();
  if (success) return stdout;
  throw new Error(`"${program}" failed: ${new TextDecoder().decode(stderr)}`);
}
