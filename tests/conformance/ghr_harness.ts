import { openArtifactStore } from "../../src/artifact/open_artifact_store.ts";
import { openRegistry } from "../../src/registry/open_registry.ts";
import { GithubServer } from "../support/github_server.ts";
import type { OpenOptions, RegistryHarness } from "./registry_harness.ts";

/** Sets up a repository on a GitHub of its own. */
export function openGhrHarness(): Promise<RegistryHarness> {
  const server = new GithubServer();
  const repo = server.repo("o/app");
  const open = (name: string, options: OpenOptions) =>
    openRegistry(`ghr://o/${name}?${query(options)}`, {
      slot: options.slot ?? "",
      platform: options.platform ?? { os: "linux", arch: "amd64" },
      env: server.env,
      ...(options.now === undefined ? {} : { now: options.now }),
    });
  return Promise.resolve({
    store: openArtifactStore({ env: server.env }),
    anyName: true,
    publish: (tag, artifacts) => {
      repo.publish(tag, artifacts);
      return Promise.resolve();
    },
    withdraw: (tag, artifact) => {
      repo.removeAsset(tag, artifact);
      return Promise.resolve();
    },
    open: (options) => open("app", options),
    openMissing: () => open("missing", {}),
    records: (tag) => {
      const names = repo.release(tag).assets.map(({ name }) => name);
      return Promise.resolve(
        names.filter((name) => name.startsWith("shipped_to_")).sort(),
      );
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  });
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
