import { join } from "node:path";

/** A folder of its own, removed with this value. */
export class TempDir implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes a new, empty folder below the system's temporary folder. */
  static async create(prefix = "dewy-test-"): Promise<TempDir> {
    const path = await Deno.makeTempDir({ prefix });
    return new TempDir(await Deno.realPath(path));
  }

  /** Returns a path in it. */
  join(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
