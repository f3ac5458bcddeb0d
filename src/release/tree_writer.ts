import { join } from "node:path";
import { refused, tooLarge, writeFailure } from "./extract_errors.ts";
import { followLink, type TreeNode } from "./tree_links.ts";
import type { PlannedDirectory, PlannedLink, TreePlan } from "./tree_plan.ts";
import { treePath } from "./tree_path.ts";
import type { Turns } from "./turns.ts";
import { umaskIn } from "./umask.ts";

/** How much an archive may unpack to. */
export interface ExtractLimits {
  /** Bytes of the expanded archive: its files, and in a tar also its headers and padding. */
  readonly maxBytes: number;
  /** Bytes of one file. */
  readonly maxFileBytes: number;
  /** Files, folders and links, folders included that are only implied by a path. */
  readonly maxEntries: number;
  /** Parts of one path. */
  readonly maxDepth: number;
}

const MODE_BITS = 0o777;
const OWNER_ALL = 0o700;
const DEFAULT_DIRECTORY_MODE = 0o755;
const MAX_TARGET_CHARS = 4095;

interface OpenFile {
  readonly path: string;
  readonly file: Deno.FsFile;
  bytes: number;
}

/**
 * Writes the tree of an archive into an empty folder. All that keeps an archive
 * from reaching out of it is here, for every format:
 *
 * - a name is relative and does not climb, and is used once, but that a folder
 *   may come again, its last mode counts, and a file, which replaces the file before it;
 * - while anything is written there is no symbolic link on disk: they are only
 *   planned, each after its way was followed, and made by {@link finishTree};
 * - nothing is written below a link, and a hard link leads to a file of this tree;
 * - only files, folders and links exist; the root keeps its own mode.
 */
export class TreeWriter implements Disposable {
  readonly #root: string;
  readonly #limits: ExtractLimits;
  readonly #umask: number;
  readonly #tree = new Map<string, TreeNode>([["", { kind: "directory" }]]);
  #files = 0;
  /** All that was written. */
  #bytes = 0;
  /** Of files that later ones of the same name replaced. */
  #replacedBytes = 0;
  #open: OpenFile | undefined;

  /** `root` is the existing empty folder to fill. */
  constructor(root: string, limits: ExtractLimits) {
    this.#limits = limits;
    try {
      this.#root = Deno.realPathSync(root);
      this.#umask = umaskIn(this.#root);
    } catch (cause) {
      throw writeFailure(root, cause);
    }
  }

  /** Makes a folder that is writable for now, or only notes its mode when it exists. */
  directory(path: string, mode: number): void {
    const parts = treePath(path, this.#limits.maxDepth);
    if (parts.length === 0) return;
    this.#makeParents(path, parts);
    const key = parts.join("/");
    const known = this.#tree.get(key);
    if (known === undefined) this.#makeDirectory(key);
    else if (known.kind !== "directory") throw duplicate(path);
    this.#tree.set(key, { kind: "directory", mode: mode & MODE_BITS });
  }

  /** Begins a file; {@link write} fills it and {@link closeFile} ends it. `size` is what the archive announces. */
  openFile(path: string, mode: number, size: number): void {
    const parts = treePath(path, this.#limits.maxDepth);
    const key = parts.join("/");
    const isReplaced = this.#tree.get(key)?.kind === "file";
    if (!isReplaced) this.#newKey(path);
    if (size > this.#limits.maxFileBytes) throw this.#fileTooLarge();
    if (this.#bytes + size > this.#limits.maxBytes) throw this.#treeTooLarge();
    if (isReplaced) this.#removeFile(key);
    else this.#add(key, { kind: "file" });
    const options = { write: true, createNew: true, mode: mode & MODE_BITS };
    const file = this.#system(key, (at) => Deno.openSync(at, options));
    this.#open = { path: key, file, bytes: 0 };
    this.#files += 1;
  }

  /** Appends to the open file. */
  write(chunk: Uint8Array): void {
    const open = this.#open;
    if (open === undefined) {
      throw new TypeError("Cannot write: no file is open");
    }
    open.bytes += chunk.length;
    this.#bytes += chunk.length;
    if (open.bytes > this.#limits.maxFileBytes) throw this.#fileTooLarge();
    if (this.#bytes > this.#limits.maxBytes) throw this.#treeTooLarge();
    this.#system(open.path, () => writeAll(open.file, chunk));
  }

  /** Ends the open file. */
  closeFile(): void {
    this.#open?.file.close();
    this.#open = undefined;
  }

  /** Makes `path` another name of the file `target`, which was unpacked before it. */
  hardLink(path: string, target: string): void {
    const key = this.#newKey(path);
    const parts = treePath(target, this.#limits.maxDepth);
    if (this.#tree.get(parts.join("/"))?.kind !== "file") {
      throw refused(path, "the hard link leads to no file unpacked before it");
    }
    this.#add(key, { kind: "file" });
    const source = join(this.#root, ...parts);
    this.#system(key, (at) => Deno.linkSync(source, at));
    this.#files += 1;
  }

  /** Notes a symbolic link. */
  symlink(path: string, target: string): void {
    const key = this.#newKey(path);
    if (target === "") throw refused(path, "the link is empty");
    if (target.startsWith("/")) throw refused(path, "the link is absolute");
    if (target.length > MAX_TARGET_CHARS || /[\0\\\ufffd]/.test(target)) {
      throw refused(path, "the link holds a NUL, a backslash or is too long");
    }
    this.#add(key, { kind: "symlink", target });
  }

  /**
   * Checks where the links lead, and returns what is left to do: see
   * {@link finishTree}. The writer is used up.
   */
  async plan(turns: Turns): Promise<TreePlan> {
    if (this.#files === 0) throw refused(".", "the archive holds no file");
    const links: PlannedLink[] = [];
    const directories: PlannedDirectory[] = [];
    for (const [path, node] of this.#tree) {
      await turns.take();
      if (node.kind === "symlink") {
        followLink(this.#tree, path);
        links.push({ path, target: node.target });
      } else if (node.kind === "directory" && path !== "") {
        const mode = (node.mode ?? DEFAULT_DIRECTORY_MODE) & ~this.#umask;
        directories.push({ path, mode });
      }
    }
    const entries = this.#tree.size - 1;
    const bytes = this.#bytes - this.#replacedBytes;
    return { links, directories, entries, bytes };
  }

  [Symbol.dispose](): void {
    this.closeFile();
  }

  /** Returns the key of a path that must be new, its parents made. */
  #newKey(path: string): string {
    const parts = treePath(path, this.#limits.maxDepth);
    const key = parts.join("/");
    if (this.#tree.has(key)) throw duplicate(path);
    this.#makeParents(path, parts);
    return key;
  }

  /** Removes a name, not what it leads to: another hard link keeps the content. */
  #removeFile(key: string): void {
    this.#system(key, (at) => {
      const { nlink, size } = Deno.lstatSync(at);
      Deno.removeSync(at);
      if (nlink === 1) this.#replacedBytes += size;
    });
  }

  #makeParents(path: string, parts: readonly string[]): void {
    const parent = parts.slice(0, -1).join("/");
    if (this.#tree.get(parent)?.kind === "directory") return;
    for (let depth = 1; depth < parts.length; depth++) {
      const key = parts.slice(0, depth).join("/");
      const known = this.#tree.get(key);
      if (known === undefined) this.#makeDirectory(key);
      else if (known.kind === "symlink") {
        throw refused(path, "it is below a link");
      } else if (known.kind === "file") {
        throw refused(path, "it is below a file");
      }
    }
  }

  #makeDirectory(key: string): void {
    this.#add(key, { kind: "directory" });
    // Writable by its owner whatever the archive says, until all is in place.
    this.#system(key, (at) => Deno.mkdirSync(at, { mode: OWNER_ALL }));
  }

  #add(key: string, node: TreeNode): void {
    this.#tree.set(key, node);
    if (this.#tree.size - 1 <= this.#limits.maxEntries) return;
    throw tooLarge(`it holds more than ${this.#limits.maxEntries} entries`);
  }

  #system<T>(key: string, action: (at: string) => T): T {
    try {
      return action(`${this.#root}/${key}`);
    } catch (cause) {
      throw writeFailure(key, cause);
    }
  }

  #fileTooLarge(): Error {
    return tooLarge(`a file has over ${this.#limits.maxFileBytes} bytes`);
  }

  #treeTooLarge(): Error {
    return tooLarge(`it expands to over ${this.#limits.maxBytes} bytes`);
  }
}

function duplicate(path: string): Error {
  return refused(path, "the archive holds this name twice");
}

function writeAll(file: Deno.FsFile, chunk: Uint8Array): void {
  for (let done = 0; done < chunk.length;) {
    done += file.writeSync(done === 0 ? chunk : chunk.subarray(done));
  }
}
