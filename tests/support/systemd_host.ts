import { within } from "./delay.ts";
import { eventually } from "./eventually.ts";
import { mount } from "./mount.ts";
import { signalIfThere } from "./process_table.ts";
import { TempDir } from "./temp_dir.ts";

/** What a {@link SystemdHost} shows of this host; changes elsewhere stay in its memory. */
export interface HostOptions {
  /** Files below `/etc/systemd/system`, by their path there. */
  readonly units: Readonly<Record<string, string>>;
  /** Folders and files that it shares, writable; by the path that they have inside. */
  readonly shared: Readonly<Record<string, string>>;
  /** The same, read-only. */
  readonly shown: Readonly<Record<string, string>>;
}

const STOP_MS = 10_000;

/**
 * A real systemd as process 1 of a container of systemd-nspawn: over this
 * machine's own files, with an overlay in memory, and with its network. Only for root.
 */
export class SystemdHost implements AsyncDisposable {
  readonly #nspawn: Deno.ChildProcess;
  readonly #owned: AsyncDisposableStack;
  #leader = 0;

  private constructor(nspawn: Deno.ChildProcess, owned: AsyncDisposableStack) {
    this.#nspawn = nspawn;
    this.#owned = owned;
  }

  static async start(options: HostOptions): Promise<SystemdHost> {
    await using stack = new AsyncDisposableStack();
    const dir = stack.use(await TempDir.create());
    const root = dir.join("root");
    await Deno.mkdir(root);
    const machine = `dewy-${crypto.randomUUID()}`;
    // What it leaves when its process 1 is killed.
    stack.defer(() =>
      removeIfThere(`/run/systemd/nspawn/propagate/${machine}`)
    );
    // It refuses "/" itself.
    stack.use(await mount(["--bind", "/"], root));
    const nspawn = new Deno.Command("systemd-nspawn", {
      args: [
        `--directory=${root}`,
        "--volatile=overlay",
        "--boot",
        "--quiet",
        "--register=no",
        "--keep-unit",
        "--link-journal=no",
        "--resolv-conf=off",
        "--timezone=off",
        "--console=pipe",
        `--machine=${machine}`,
        ...await bindings(options, dir),
        "systemd.unit=basic.target",
        ...["docker", "podman"].map((name) => `systemd.mask=${name}.socket`),
      ],
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    const host = new SystemdHost(nspawn, stack.move());
    try {
      await host.#booted();
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
    return host;
  }

  /** Runs a program inside and returns what it prints, its errors as well. */
  async run(...command: readonly string[]): Promise<string> {
    const { stdout, stderr } = await new Deno.Command("nsenter", {
      args: [`--target=${this.#leader}`, "--all", ...command],
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return (decoder.decode(stdout) + decoder.decode(stderr)).trim();
  }

  /** Returns a property of a unit. */
  property(unit: string, name: string): Promise<string> {
    return this.run("systemctl", "show", "--value", `--property=${name}`, unit);
  }

  /** Waits until a property of a unit has a value. */
  async waitFor(unit: string, name: string, value: string): Promise<void> {
    let last = "";
    await eventually(async () => {
      last = await this.property(unit, name);
      return last === value;
    }, {
      timeoutMs: 30_000,
      message: `${name} of ${unit} is "${value}"`,
    }).catch(async (cause) => {
      const journal = await this.run("journalctl", "--no-pager", `-u${unit}`);
      throw new Error(`${cause.message}; it is "${last}"\n${journal}`);
    });
  }

  async #booted(): Promise<void> {
    this.#leader = await eventually(() => systemdOf(this.#nspawn.pid), {
      message: "systemd starts",
    });
    await eventually(
      async () =>
        await this.run("systemctl", "is-active", "basic.target") === "active",
      { timeoutMs: 60_000, message: "systemd has booted" },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // With process 1 of its namespace everything in it ends.
    if (this.#leader > 0) signalIfThere(this.#leader, "SIGKILL");
    if (await within(this.#nspawn.status, STOP_MS) === undefined) {
      this.#nspawn.kill("SIGKILL");
    }
    await this.#owned.disposeAsync();
  }
}

async function bindings(
  { units, shared, shown }: HostOptions,
  dir: TempDir,
): Promise<string[]> {
  const args = Object.entries(shared).map(([inside, path]) =>
    `--bind=${path}:${inside}`
  );
  args.push(
    ...Object.entries(shown).map(([inside, path]) =>
      `--bind-ro=${path}:${inside}`
    ),
  );
  for (const [index, [name, text]] of Object.entries(units).entries()) {
    const path = dir.join(`unit-${index}`);
    await Deno.writeTextFile(path, text);
    args.push(`--bind-ro=${path}:/etc/systemd/system/${name}`);
  }
  return args;
}

/** Returns the child that is systemd; before it there is one that prepares its root. */
async function systemdOf(pid: number): Promise<number | undefined> {
  const path = `/proc/${pid}/task/${pid}/children`;
  const children = (await Deno.readTextFile(path)).trim().split(" ");
  for (const child of children.filter((text) => text !== "")) {
    const name = await Deno.readTextFile(`/proc/${child}/comm`);
    if (name.trim() === "systemd") return Number(child);
  }
  return undefined;
}

async function removeIfThere(folder: string): Promise<void> {
  try {
    await Deno.remove(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
