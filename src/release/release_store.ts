import { basename, join } from "node:path";
import { DewyError, FilesystemError, systemErrorCode } from "../base/errors.ts";
import {
  activate,
  deactivate,
  readCurrent,
  refuseRealCurrent,
} from "./activate.ts";
import { finishTree } from "./finish_tree.ts";
import type { ExtractSummary, TreePlan } from "./tree_plan.ts";
import type { ExtractLimits } from "./tree_writer.ts";
import { Turns } from "./turns.ts";
import {
  INCOMING,
  isReleaseId,
  nextReleaseId,
  removableReleases,
  STAGING_PREFIX,
} from "./layout.ts";

/** A release that was unpacked and is not yet in service. */
export interface StagedRelease extends ExtractSummary {
  /** Absolute path of its folder. */
  readonly path: string;
}

/**
 * Unpacks an artifact into an existing empty folder, all but its links and the
 * modes of its folders, which are returned.
 */
export type Unpack = (
  archive: { readonly path: string; readonly name: string },
  directory: string,
  options: { readonly limits: ExtractLimits; readonly signal: AbortSignal },
) => Promise<TreePlan>;

/** How a {@link ReleaseStore} is made. */
export interface ReleaseStoreOptions {
  /** dewy's working directory, absolute. */
  readonly root: string;
  readonly limits: ExtractLimits;
  readonly unpack: Unpack;
  readonly now: () => number;
}

/** The unpacked releases below `<root>/releases`, and the link `<root>/current` to one of them. */
export class ReleaseStore {
  #options: ReleaseStoreOptions;
  #folder: string;

  constructor(options: ReleaseStoreOptions) {
    this.#options = options;
    this.#folder = join(options.root, "releases");
  }

  /** Where the link is. */
  get link(): string {
    return join(this.#options.root, "current");
  }

  /** Returns the folder that `current` leads to, or `undefined` when it leads nowhere. */
  current(): Promise<string | undefined> {
    return readCurrent(this.#options.root);
  }

  /** Whether `current` leads to the release at `path`, on whatever way. */
  async isCurrent(path: string): Promise<boolean> {
    const current = await this.current();
    return current !== undefined && await this.has(path) &&
      current === await Deno.realPath(path);
  }

  /** Whether a release folder is there. */
  async has(path: string): Promise<boolean> {
    try {
      return (await Deno.stat(path)).isDirectory;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw FilesystemError.wrap(`Cannot read "${path}"`, error);
    }
  }

  /**
   * Checks that `current` can be swapped, before anything depends on it.
   *
   * @throws {FilesystemError} When it is a real folder or file.
   */
  check(): Promise<void> {
    return refuseRealCurrent(this.#options.root);
  }

  /**
   * Unpacks an artifact into a new release folder, which appears under its name
   * only when it is complete.
   *
   * @throws {ArtifactError} When the archive is bad.
   * @throws {FilesystemError} When it cannot be written.
   */
  async stage(
    archive: { readonly path: string; readonly name: string },
    signal: AbortSignal,
  ): Promise<StagedRelease> {
    const name = crypto.randomUUID();
    const incoming = join(this.#folder, INCOMING);
    const filling = join(incoming, name);
    const staging = join(this.#folder, STAGING_PREFIX + name);
    try {
      await Deno.mkdir(filling, { recursive: true });
      const { limits, unpack } = this.#options;
      const plan = await unpack(archive, filling, { limits, signal });
      // Out of the reach of whoever read the archive, before any link is made.
      await Deno.rename(filling, staging);
      const summary = await finishTree(staging, plan, new Turns(signal));
      const id = nextReleaseId(this.#options.now(), await this.#ids());
      const path = join(this.#folder, id);
      await Deno.rename(staging, path);
      await removeTree(incoming);
      // As `current` will be read: `releases` itself may be a link to another disk.
      return { path: await Deno.realPath(path), ...summary };
    } catch (error) {
      // The first failure says more than a second one about the same disk.
      await removeTree(staging).catch(() => {});
      await removeTree(incoming).catch(() => {});
      signal.throwIfAborted();
      if (error instanceof DewyError) throw error;
      throw FilesystemError.wrap(
        `Cannot unpack "${archive.name}" into "${this.#folder}"`,
        error,
      );
    }
  }

  /** Points `current` at a release; see {@link activate}. */
  activate(path: string): Promise<void> {
    return activate(this.#options.root, path);
  }

  /** Removes the link `current`, for when there was none before. */
  deactivate(): Promise<void> {
    return deactivate(this.#options.root);
  }

  /** Removes a release folder. */
  remove(path: string): Promise<void> {
    return removeTree(path);
  }

  /**
   * Removes all but the newest `keep` releases, never one of `inUse` (paths).
   * Returns the paths that went.
   */
  async prune(keep: number, inUse: ReadonlySet<string>): Promise<string[]> {
    const ids = await this.#ids();
    const usedIds = new Set([...inUse].map((path) => basename(path)));
    const removable = removableReleases(ids, keep, usedIds)
      .map((id) => join(this.#folder, id));
    for (const path of removable) await removeTree(path);
    return removable;
  }

  /** Removes what an interrupted deploy left: staging folders and the link beside `current`. */
  async removeLeftovers(): Promise<string[]> {
    const removed: string[] = [];
    for (const name of await list(this.#folder)) {
      if (!name.startsWith(STAGING_PREFIX)) continue;
      await removeTree(join(this.#folder, name));
      removed.push(join("releases", name));
    }
    const beside = join(this.#options.root, "current.tmp");
    if (await removeIfLink(beside)) removed.push("current.tmp");
    return removed;
  }

  async #ids(): Promise<string[]> {
    return (await list(this.#folder)).filter(isReleaseId);
  }
}

async function list(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) =>
      name
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw FilesystemError.wrap(`Cannot list "${folder}"`, error);
  }
}

async function removeIfLink(path: string): Promise<boolean> {
  try {
    if (!(await Deno.lstat(path)).isSymlink) return false;
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw FilesystemError.wrap(`Cannot remove "${path}"`, error);
  }
}

/** Removes a folder with all in it, also folders whose mode forbids that. */
async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (systemErrorCode(error) !== "EACCES") {
      throw FilesystemError.wrap(`Cannot remove "${path}"`, error);
    }
    await makeWritable(path);
    await Deno.remove(path, { recursive: true });
  }
}

async function makeWritable(folder: string): Promise<void> {
  await Deno.chmod(folder, 0o700);
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) await makeWritable(join(folder, entry.name));
  }
}
