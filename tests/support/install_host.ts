import assert from "node:assert/strict";
import { join } from "node:path";
import { fromFolder } from "../../scripts/paths.ts";
import { ReleaseServer } from "./release_server.ts";
import { TempDir } from "./temp_dir.ts";

/** The script that is tested. */
export const INSTALL_SCRIPT = fromFolder("install.sh");

/** What the script needs besides curl or wget. */
export const INSTALL_TOOLS =
  "awk cat chmod cp cut find grep head ldd mkdir mktemp mv readlink rm" +
  " sed sh tar tr gzip uname wc pwd openssl";

/** How a run of the script ended, and what it said. */
export interface InstallOutcome {
  readonly code: number;
  readonly output: string;
}

/** How the script is run. */
export interface InstallOptions {
  readonly shell?: readonly [string, ...string[]];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Another copy of the script. */
  readonly script?: string;
}

/** A home folder to install into, and the releases to install from. */
export class InstallHost implements AsyncDisposable {
  private constructor(
    readonly dir: TempDir,
    readonly releases: ReleaseServer,
  ) {}

  static async create(): Promise<InstallHost> {
    return new InstallHost(await TempDir.create(), new ReleaseServer());
  }

  get folder(): string {
    return this.dir.join("bin");
  }

  async install(options: InstallOptions = {}): Promise<InstallOutcome> {
    const { shell = ["dash"], args = [], env = {} } = options;
    const { script = INSTALL_SCRIPT } = options;
    const [program, ...rest] = shell;
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...rest, script, ...args],
      cwd: this.dir.path,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: this.dir.path,
        DEWY_DOWNLOAD_BASE: this.releases.base,
        DEWY_INSTALL_DIR: this.folder,
        DEWY_UNIT_DIR: this.dir.path,
        ...env,
      },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
  }

  /** The version that is installed, by what it says. */
  async installed(): Promise<string | undefined> {
    const path = join(this.folder, "dewy");
    const { stdout } = await new Deno.Command(path, { args: ["--version"] })
      .output();
    return /version: (\S+)/.exec(new TextDecoder().decode(stdout))?.[1];
  }

  /** Names of what is in the folder, hidden ones included. */
  async names(): Promise<string[]> {
    const entries = await Array.fromAsync(Deno.readDir(this.folder));
    return entries.map(({ name }) => name).sort();
  }

  /** A copy of the script that has other values for some of its settings. */
  async copyWith(settings: Readonly<Record<string, string>>): Promise<string> {
    let script = await Deno.readTextFile(INSTALL_SCRIPT);
    for (const [name, value] of Object.entries(settings)) {
      const line = new RegExp(`^${name}=.*$`, "m");
      assert.match(script, line);
      script = script.replace(line, `${name}=${value}`);
    }
    const path = this.dir.join("copy.sh");
    await Deno.writeTextFile(path, script);
    return path;
  }

  /** A folder with some programs, to be the whole PATH. */
  async tools(names: string): Promise<string> {
    const folder = this.dir.join("tools");
    await Deno.mkdir(folder);
    for (const name of names.split(" ")) {
      const { stdout } = await new Deno.Command("sh", {
        args: ["-c", 'command -v "$1"', "sh", name],
      }).output();
      const path = new TextDecoder().decode(stdout).trim();
      if (path.startsWith("/")) await Deno.symlink(path, join(folder, name));
    }
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.releases[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}
