import { join } from "node:path";

/** A socket's path has 108 bytes on Linux and 104 on macOS, the last one a zero. */
const LONGEST_PATH = Deno.build.os === "linux" ? 107 : 103;

/** Whether the system takes a path for a socket. */
export function isSocketPath(path: string): boolean {
  return new TextEncoder().encode(path).length <= LONGEST_PATH;
}

/**
 * A short path to a folder that is too deep for sockets. What counts is the path
 * as it is given: links on it are followed, and what was made there stays when
 * the link is gone.
 */
export class ShortWay implements AsyncDisposable {
  /** Leads to the folder until this is disposed of. */
  readonly path: string;
  #holder: string | undefined;

  private constructor(path: string, holder: string | undefined) {
    this.path = path;
    this.#holder = holder;
  }

  /**
   * Returns the way to `folder`: itself, where its path leaves room for `rest`,
   * else a link in a folder of this user among the temporary ones.
   */
  static async to(folder: string, rest: string): Promise<ShortWay> {
    if (isSocketPath(join(folder, rest))) {
      return new ShortWay(folder, undefined);
    }
    const holder = await Deno.makeTempDir({ prefix: "dewy-" });
    const link = join(holder, "d");
    await Deno.symlink(folder, link);
    return new ShortWay(link, holder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#holder === undefined) return;
    await Deno.remove(this.#holder, { recursive: true });
  }
}
