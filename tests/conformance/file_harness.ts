import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openArtifactStore } from "../../src/artifact/open_artifact_store.ts";
import { openRegistry } from "../../src/registry/open_registry.ts";
import { FileFaults } from "./file_faults.ts";
import {
  type OpenOptions,
  queryOf,
  type RegistryHarness,
} from "./registry_harness.ts";

/** Sets up a registry in a folder of its own, whose name needs escaping. */
export async function openFileHarness(): Promise<RegistryHarness> {
  const temp = await Deno.makeTempDir({ prefix: "dewy #%20 é-" });
  const root = join(temp, "registry");
  await Deno.mkdir(root);
  const faults = new FileFaults(root);
  const open = async (folder: string, options: OpenOptions) => {
    const url = `${pathToFileURL(folder)}?${queryOf(options)}`;
    const registry = await openRegistry(url, {
      slot: options.slot ?? "",
      platform: options.platform ?? { os: "linux", arch: "amd64" },
      env: {},
      ...(options.now === undefined ? {} : { now: options.now }),
    });
    return faults.guardRegistry(registry, url);
  };
  return {
    store: faults.guardStore(openArtifactStore()),
    faults,
    secrets: () => [],
    async publish(tag, artifacts) {
      await Deno.mkdir(join(root, tag), { recursive: true });
      for (const [name, text] of Object.entries(artifacts)) {
        await Deno.writeTextFile(join(root, tag, name), text);
      }
    },
    withdraw: (tag, artifact) => Deno.remove(join(root, tag, artifact)),
    open: (options) => open(root, options),
    openMissing: () => open(join(root, "missing"), {}),
    async records(tag) {
      const entries = await Array.fromAsync(Deno.readDir(join(root, tag)));
      return entries.map(({ name }) => name)
        .filter((name) => name.startsWith("shipped_to_")).sort();
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(temp, { recursive: true });
    },
  };
}
