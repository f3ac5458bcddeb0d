import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { INSTALL_SCRIPT, type InstallOutcome } from "./install_host.ts";
import { ReleaseServer } from "./release_server.ts";
import { TempDir } from "./temp_dir.ts";

/** A system to install into: what it has, besides the libraries of that. */
export interface InstallSystem {
  /** The program that is `/bin/sh`. */
  readonly shell: string;
  /** Other programs, named by blanks between them. */
  readonly programs: string;
}

/**
 * A root of its own with a few of this machine's programs in it, and with its
 * network. Only for root.
 */
export class InstallRoot implements AsyncDisposable {
  private constructor(
    readonly dir: TempDir,
    readonly releases: ReleaseServer,
  ) {}

  static async create(
    { shell, programs }: InstallSystem,
  ): Promise<InstallRoot> {
    const root = new InstallRoot(await TempDir.create(), new ReleaseServer());
    for (const folder of ["bin", "dev", "usr/local/bin", "root", "tmp"]) {
      await Deno.mkdir(root.dir.join(folder), { recursive: true });
    }
    // Devices may not work here; what is written there is thrown away with it.
    await Deno.writeTextFile(root.dir.join("dev/null"), "");
    await root.#add(shell, "sh");
    for (const name of programs.split(" ")) await root.#add(name, name);
    if (shell === "busybox") await root.#linkApplets();
    await Deno.copyFile(INSTALL_SCRIPT, root.dir.join("install.sh"));
    return root;
  }

  /** Runs the installer inside as root, with nothing but where releases are. */
  install(...args: readonly string[]): Promise<InstallOutcome> {
    return this.#install([], args);
  }

  /** The same as a user with this number, who owns the home. */
  async installAs(user: number): Promise<InstallOutcome> {
    for (const path of [this.dir.path, this.dir.join("dev/null")]) {
      await Deno.chmod(path, 0o777);
    }
    await Deno.chown(this.dir.join("root"), user, user);
    return await this.#install([`--userspec=${user}:${user}`], []);
  }

  async #install(
    options: readonly string[],
    args: readonly string[],
  ): Promise<InstallOutcome> {
    const { code, stdout, stderr } = await new Deno.Command("chroot", {
      args: [...options, this.dir.path, "/bin/sh", "/install.sh", ...args],
      clearEnv: true,
      env: {
        PATH: "/usr/local/bin:/bin:/usr/sbin:/sbin",
        HOME: "/root",
        DEWY_DOWNLOAD_BASE: this.releases.base,
      },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
  }

  /** What the program says that is installed inside. */
  async says(program = "/usr/local/bin/dewy"): Promise<string> {
    const { stdout } = await new Deno.Command("chroot", {
      args: [this.dir.path, program, "--version"],
    }).output();
    return new TextDecoder().decode(stdout);
  }

  /** Names of what is in the folder of the program, hidden ones included. */
  async names(): Promise<string[]> {
    const folder = this.dir.join("usr/local/bin");
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.map(({ name }) => name).sort();
  }

  /** Adds a program with the libraries that it is linked with. */
  async #add(name: string, as: string): Promise<void> {
    const path = await output("sh", "-c", 'command -v "$1"', "sh", name);
    const program = await Deno.realPath(path);
    await Deno.copyFile(program, this.dir.join("bin", as));
    // A program that is linked with none is an error to it.
    const linked = await output("sh", "-c", 'ldd "$1" || :', "sh", program);
    for (const [library] of linked.matchAll(/\/\S+\.so\S*/g)) {
      const to = this.dir.join(library);
      await Deno.mkdir(dirname(to), { recursive: true });
      await Deno.copyFile(await Deno.realPath(library), to);
    }
  }

  async #linkApplets(): Promise<void> {
    for (const applet of (await output("busybox", "--list")).split("\n")) {
      if (applet === "sh") continue;
      await Deno.symlink("sh", this.dir.join("bin", basename(applet)));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.releases[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

async function output(program: string, ...args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(program, { args })
    .output();
  assert.ok(success, join(program, ...args));
  return new TextDecoder().decode(stdout).trim();
}
