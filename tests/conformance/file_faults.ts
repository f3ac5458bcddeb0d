import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ArtifactStore } from "../../src/artifact/artifact_store.ts";
import { SourceError } from "../../src/base/errors.ts";
import type { Registry } from "../../src/registry/registry.ts";
import { unprivileged } from "../support/unprivileged.ts";
import {
  ARTIFACT,
  type FaultInjector,
  type FaultTarget,
} from "./registry_harness.ts";

const ASK = fileURLToPath(new URL("../fixtures/ask_file.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

/**
 * What a file system does to a reader: folders and files that vanish, that may
 * not be read, and files that change after they were listed, or while they are
 * read. The artifact is that of version `v1.0.0`.
 */
export class FileFaults implements FaultInjector {
  readonly #root: string;
  readonly #artifact: string;
  #content = new Uint8Array();
  #target: FaultTarget | undefined;
  #fault: string | undefined;

  constructor(root: string) {
    this.#root = root;
    this.#artifact = join(root, "v1.0.0", ARTIFACT);
  }

  async set(target: FaultTarget, fault: string): Promise<void> {
    this.#content = await Deno.readFile(this.#artifact);
    this.#target = target;
    this.#fault = fault;
    const path = target === "bytes" ? this.#artifact : this.#root;
    switch (fault) {
      case "vanished":
        return await Deno.rename(path, `${path}.gone`);
      case "denied":
        return await Deno.chmod(path, 0);
      case "shorter":
        return await this.#halve();
      case "longer":
        return await Deno.writeFile(path, this.#content, { append: true });
      case "folder":
        await Deno.rename(path, `${path}.gone`);
        return await Deno.mkdir(path);
      case "cut":
        // Not before the file is open.
        return;
      default:
        throw new Error(`No file system can do "${fault}"`);
    }
  }

  async clear(): Promise<void> {
    const path = this.#target === "bytes" ? this.#artifact : this.#root;
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault === "folder") await Deno.remove(path);
    if (fault === "denied") await Deno.chmod(path, 0o755);
    if (fault === "vanished" || fault === "folder") {
      await Deno.rename(`${path}.gone`, path);
    }
    await Deno.writeFile(this.#artifact, this.#content);
  }

  /** Reads of files are not counted. */
  met(): number {
    return 0;
  }

  /** Lets what a registry answers meet the fault. */
  guardRegistry(registry: Registry, url: string): Registry {
    return {
      rules: registry.rules,
      report: (report, signal) => registry.report(report, signal),
      latest: async (signal, wish) => {
        if (this.#isDenied("metadata")) await askUnprivileged("metadata", url);
        return await registry.latest(signal, wish);
      },
      survey: (signal) => registry.survey(signal),
    };
  }

  /** Lets the reading of artifacts meet the fault. */
  guardStore(store: ArtifactStore): ArtifactStore {
    return {
      open: async (url, signal) => {
        if (this.#isDenied("bytes")) await askUnprivileged("bytes", url);
        const body = await store.open(url, signal);
        if (this.#fault === "cut") await this.#halve();
        return body;
      },
    };
  }

  #isDenied(target: FaultTarget): boolean {
    return this.#fault === "denied" && this.#target === target;
  }

  async #halve(): Promise<void> {
    await Deno.truncate(this.#artifact, this.#content.length / 2);
  }
}

/** Asks in a process without root's rights and throws what that failed with. */
async function askUnprivileged(
  target: FaultTarget,
  url: string,
): Promise<void> {
  const deno = ["run", "-A", "--quiet", "--config", CONFIG, ASK, target, url];
  const [program = "", ...args] = unprivileged([Deno.execPath(), ...deno]);
  const { stdout, success } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("The unprivileged process failed");
  const { code, message, hint } = JSON.parse(new TextDecoder().decode(stdout));
  if (code !== undefined) throw new SourceError(code, message, { hint });
}
