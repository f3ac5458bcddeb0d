import { dirname, join, resolve } from "node:path";
import { FilesystemError, systemErrorCode } from "../../base/errors.ts";
import { folderOf } from "../../base/file_url.ts";
import { parseDriverUrl } from "../../base/url.ts";
import { type DoctorContext, fail, type Finding, ok } from "./finding.ts";

/** Looks whether dewy can write, rename and link where it works. */
export async function checkWorkdir(
  { root, settings }: DoctorContext,
): Promise<readonly Finding[]> {
  const name = "working directory";
  await tryFolder(root);
  for (const folder of [".dewy", "releases"]) {
    if (await isFolder(join(root, folder))) await tryFolder(join(root, folder));
  }
  const good = ok(name, `"${root}" can be written, renamed and linked in`);
  if (settings.command === "container") return [good];
  const programs = settings.command === "server"
    ? await checkExecution(root)
    : [];
  return [good, ...await checkCurrent(root), ...programs];
}

/** Looks whether the cache of this host can be written; it need not be there yet. */
export async function checkCache(
  { root, settings, env }: DoctorContext,
): Promise<readonly Finding[]> {
  const folder = localFolder(settings.cacheUrl, root, env);
  const there = await nearestFolder(folder);
  await tryFolder(there);
  const good = ok(
    "cache",
    there === folder
      ? `"${folder}" can be written`
      : `"${folder}" can be made in "${there}"`,
  );
  const { cacheUrl } = settings;
  if (cacheUrl === undefined || isFile(cacheUrl)) return [good];
  return [good, await checkBucket(cacheUrl, { root, env, settings })];
}

function isFile(url: string): boolean {
  return /^\s*file:/i.test(url);
}

function localFolder(
  cacheUrl: string | undefined,
  root: string,
  env: DoctorContext["env"],
): string {
  return cacheUrl !== undefined && isFile(cacheUrl)
    ? folderOf(parseDriverUrl(cacheUrl, { what: "cache" }), "cache")
    : resolve(root, env["DEWY_CACHEDIR"] || ".dewy/cache");
}

async function checkBucket(
  url: string,
  { root, env, settings }: Pick<DoctorContext, "root" | "env" | "settings">,
): Promise<Finding> {
  const { openCache } = await import("../../cache/open_cache.ts");
  const { maxArtifactBytes } = settings;
  const { shared } = await openCache(url, {
    cwd: root,
    env,
    maxArtifactBytes,
    emit: () => {},
  });
  if (shared === undefined) return ok("shared cache", "there is none");
  const { store, prefix } = shared;
  // No such object is there; what counts is that the bucket says so.
  const key = `${prefix}dewy-doctor-${crypto.randomUUID()}`;
  await store.readText(key, AbortSignal.timeout(30_000));
  return ok(
    "shared cache",
    `"${store.shownName}" can be read; writing is not tried`,
  );
}

/** What a deploy does with a folder, with names of its own that are removed again. */
async function tryFolder(folder: string): Promise<void> {
  try {
    const place = await Deno.makeTempDir({ dir: folder, prefix: ".doctor-" });
    try {
      await tryPlace(place);
    } finally {
      await Deno.remove(place, { recursive: true });
    }
  } catch (cause) {
    throw FilesystemError.wrap(`Cannot work in "${folder}"`, cause);
  }
}

async function tryPlace(place: string): Promise<void> {
  const file = join(place, "file");
  await Deno.writeTextFile(file, "x");
  await Deno.rename(file, join(place, "renamed"));
  for (const target of ["one", "two"]) {
    await Deno.symlink(target, join(place, "link"));
    await Deno.rename(join(place, "link"), join(place, "current"));
  }
}

async function checkCurrent(root: string): Promise<readonly Finding[]> {
  const path = join(root, "current");
  try {
    const info = await Deno.lstat(path);
    if (info.isSymlink) return [];
    return [
      fail(
        "current",
        `"${path}" is no link, and cannot be replaced by one`,
        "Move it away: dewy makes a link of that name",
      ),
    ];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function checkExecution(root: string): Promise<readonly Finding[]> {
  const place = await Deno.makeTempDir({ dir: root, prefix: ".doctor-" });
  try {
    const script = join(place, "run");
    await Deno.writeTextFile(script, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    await new Deno.Command(script, { stdin: "null" }).output();
    return [];
  } catch (error) {
    if (systemErrorCode(error) !== "EACCES") throw error;
    return [
      fail(
        "programs",
        `no program can be run from "${root}"`,
        "Remount its file system without noexec, or work elsewhere",
      ),
    ];
  } finally {
    await Deno.remove(place, { recursive: true });
  }
}

async function nearestFolder(path: string): Promise<string> {
  return path === dirname(path) || await isFolder(path)
    ? path
    : await nearestFolder(dirname(path));
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
