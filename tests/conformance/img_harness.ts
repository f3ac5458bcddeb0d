import { join } from "node:path";
import type { ArtifactStore } from "../../src/artifact/artifact_store.ts";
import { parseImageUrl } from "../../src/base/image_reference.ts";
import { openRegistry } from "../../src/registry/open_registry.ts";
import { ImagePush } from "../support/image_push.ts";
import { ImageRegistry } from "../support/image_registry.ts";
import { ProxiedFaults } from "./proxied_faults.ts";
import {
  ARTIFACT,
  LIMITS,
  type OpenOptions,
  PLATFORM,
  queryOf,
  type RegistryHarness,
} from "./registry_harness.ts";

const REPOSITORY = "acme/app";

/** Sets up a repository in a container registry of its own. */
export async function openImgHarness(): Promise<RegistryHarness> {
  const registry = await ImageRegistry.start({ line: "newest" });
  const { origin } = registry;
  const faults = new ProxiedFaults();
  const front = faults.front(origin, () => "metadata");
  const { host } = new URL(front);
  const push = new ImagePush({ origin, repository: REPOSITORY });
  const digests = new Map<string, string>();
  const publish = async (tag: string, content: string) => {
    const { digest } = await push.image(imageTag(tag), content);
    digests.set(tag, digest);
  };
  return {
    store: imageContents(origin),
    faults,
    secrets: () => [],
    publish: (tag, artifacts) => publish(tag, artifacts[ARTIFACT] ?? ""),
    publishMany: async (tags) => {
      const [first = ""] = tags;
      await publish(first, first);
      const digest = digests.get(first) ?? "";
      const folder = registry.tagFolder(REPOSITORY);
      // What the registry does for a tag, without asking it for each one.
      for (const tag of tags) {
        const current = join(folder, imageTag(tag), "current");
        await Deno.mkdir(current, { recursive: true });
        await Deno.writeTextFile(join(current, "link"), digest);
      }
    },
    withdraw: (tag) => push.remove(digests.get(tag) ?? ""),
    open: (options) => open(`${host}/${REPOSITORY}`, options),
    openMissing: () => open(`${host}/acme/missing`, {}),
    records: () => Promise.resolve([]),
    async [Symbol.asyncDispose]() {
      await faults[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

function open(name: string, options: OpenOptions) {
  const query = queryOf(options).replace(/&?artifact=[^&]*/, "");
  return openRegistry(`img://${name}?${query}`, {
    slot: options.slot ?? "",
    platform: PLATFORM,
    env: {},
    limits: LIMITS,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
}

/** Tags of images hold no `+`. */
function imageTag(tag: string): string {
  return tag.replace("+", "_");
}

/** Reads the only layer of the image that a release names: what a runtime would pull. */
function imageContents(origin: string): ArtifactStore {
  return {
    async open(url, signal) {
      signal.throwIfAborted();
      const { repository = "", digest = "" } = parseImageUrl(url) ?? {};
      const text = await new ImagePush({ origin, repository }).content(digest);
      const stream = new Blob([text]).stream();
      return { stream, length: text.length };
    },
  };
}
