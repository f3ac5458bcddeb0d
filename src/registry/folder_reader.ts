import { abortable } from "../base/abortable.ts";
import { SourceError, systemErrorCode } from "../base/errors.ts";

/** What is known of a file or folder, links followed. */
export interface FileFacts {
  readonly kind: "file" | "folder" | "other";
  readonly size: number;
  /** Unix milliseconds. */
  readonly modifiedAt: number;
  /** Size and time of the last change; other bytes give another one. */
  readonly fingerprint: string;
}

/** The names in a folder, in order; a link is in both lists, because what it leads to is not known yet. */
export interface FolderNames {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/**
 * Reads folders that may be on a network file system. An operation that does
 * not come back is left alone when the signal is aborted, and until it does
 * come back no further one is begun: each would keep one more thread for ever.
 */
export class FolderReader {
  #hanging = 0;

  /** Returns what is in a folder; `undefined` when there is no such folder. */
  list(path: string, signal: AbortSignal): Promise<FolderNames | undefined> {
    return this.#run(path, { signal, task: () => listFolder(path) });
  }

  /** Returns `undefined` when there is nothing, or a link that leads nowhere. */
  stat(path: string, signal: AbortSignal): Promise<FileFacts | undefined> {
    return this.#run(path, { signal, task: () => readFacts(path) });
  }

  async #run<T>(
    path: string,
    options: {
      readonly signal: AbortSignal;
      readonly task: () => Promise<T>;
    },
  ): Promise<T | undefined> {
    const { signal, task } = options;
    signal.throwIfAborted();
    if (this.#hanging > 0) {
      throw new SourceError("unavailable", `Cannot read "${path}"`, {
        hint: "An earlier read still hangs: check the mount of this folder",
      });
    }
    let isDone = false;
    const running = task().finally(() => isDone = true);
    try {
      return await abortable(running, signal);
    } catch (cause) {
      if (!isDone) this.#await(running);
      signal.throwIfAborted();
      return explain(path, cause);
    }
  }

  #await(hanging: Promise<unknown>): void {
    this.#hanging++;
    const onEnd = () => {
      this.#hanging--;
    };
    hanging.then(onEnd, onEnd);
  }
}

function explain(path: string, cause: unknown): undefined {
  const code = systemErrorCode(cause) ?? "";
  if (["ENOENT", "ENOTDIR", "ELOOP"].includes(code)) return undefined;
  if (["EACCES", "EPERM"].includes(code)) {
    throw new SourceError("denied", `Cannot read "${path}"`, {
      hint: "Check owner and mode of the folder, and the user dewy runs as",
      cause,
    });
  }
  throw new SourceError("unavailable", `Cannot read "${path}"`, {
    hint: "Check the file system and its mount",
    cause,
  });
}

async function listFolder(path: string): Promise<FolderNames> {
  const folders: string[] = [];
  const files: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    if (entry.isDirectory || entry.isSymlink) folders.push(entry.name);
    if (entry.isFile || entry.isSymlink) files.push(entry.name);
  }
  return { folders: folders.sort(), files: files.sort() };
}

async function readFacts(path: string): Promise<FileFacts> {
  const facts = await Deno.stat(path);
  const plain = facts.isFile ? "file" : "other";
  const modifiedAt = facts.mtime?.getTime() ?? 0;
  return {
    kind: facts.isDirectory ? "folder" : plain,
    size: facts.size,
    modifiedAt,
    fingerprint: `${facts.size}-${modifiedAt}`,
  };
}
