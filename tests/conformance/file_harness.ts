import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openArtifactStore } from "../../src/artifact/open_artifact_store.ts";
import { openRegistry } from "../../src/registry/open_registry.ts";
import type { OpenOptions, RegistryHarness } from "./registry_harness.ts";

/** Sets up a registry in a folder of its own, whose name needs escaping. */
export async function openFileHarness(): Promise<RegistryHarness> {
  const root = await Deno.makeTempDir({ prefix: "dewy #%20 é-" });
  const open = (folder: string, options: OpenOptions) =>
    openRegistry(`${pathToFileURL(folder)}?${query(options)}`, {
      slot: options.slot ?? "",
      platform: options.platform ?? { os: "linux", arch: "amd64" },
      env: {},
      ...(options.now === undefined ? {} : { now: options.now }),
    });
  return {
    store: openArtifactStore(),
    anyName: true,
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
      await Deno.remove(root, { recursive: true });
    },
  };
}

function query(options: OpenOptions): string {
  const { preRelease = false, artifact = "", version = "", calver = "" } =
    options;
  return [
    `pre-release=${preRelease}`,
    `artifact=${encodeURIComponent(artifact)}`,
    `version=${encodeURIComponent(version)}`,
    `calver=${encodeURIComponent(calver)}`,
  ].join("&");
}
