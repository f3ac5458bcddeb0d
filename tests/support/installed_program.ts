import assert from "node:assert/strict";
import { platformOf } from "../../src/base/platform.ts";
import type { SelfUpdateHost } from "../../src/cli/self_update.ts";
import { ReleaseServer, standIn } from "./release_server.ts";
import { TempDir } from "./temp_dir.ts";

/** A program that is installed, and the releases that it can be updated from. */
export class InstalledProgram implements AsyncDisposable {
  readonly printed: string[] = [];
  readonly releases = new ReleaseServer();
  private constructor(readonly dir: TempDir) {}

  static async create(): Promise<InstalledProgram> {
    const installed = new InstalledProgram(await TempDir.create());
    const { program } = installed;
    await Deno.writeTextFile(program, standIn("1.0.0"), { mode: 0o755 });
    return installed;
  }

  get program(): string {
    return this.dir.join("dewy");
  }

  host(changes: Partial<SelfUpdateHost> = {}): SelfUpdateHost {
    return {
      program: this.program,
      isCompiled: true,
      version: "1.0.0",
      platform: platformOf(Deno.build.os, Deno.build.arch),
      releasesUrl: this.releases.base,
      write: (text) => this.printed.push(text),
      signal: new AbortController().signal,
      ...changes,
    };
  }

  /** Asserts that the program is of this version, and that nothing is beside it. */
  async has(version: string): Promise<void> {
    assert.equal(await Deno.readTextFile(this.program), standIn(version));
    const { mode } = await Deno.stat(this.program);
    assert.equal((mode ?? 0) & 0o777, 0o755);
    const names = await Array.fromAsync(Deno.readDir(this.dir.path));
    assert.deepEqual(names.map(({ name }) => name), ["dewy"]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.releases[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}
