import { openArtifactStore } from "../../src/artifact/open_artifact_store.ts";
import { GithubClient } from "../../src/client/github_client.ts";
import { openRegistry } from "../../src/registry/open_registry.ts";
import { GithubServer } from "../support/github_server.ts";
import { ProxiedFaults } from "./proxied_faults.ts";
import {
  LIMITS,
  type OpenOptions,
  queryOf,
  type RegistryHarness,
} from "./registry_harness.ts";

/** Sets up a repository on a GitHub of its own. */
export function openGhrHarness(): Promise<RegistryHarness> {
  const server = new GithubServer();
  const faults = new ProxiedFaults();
  server.shownOrigin = faults.front(server.origin, () => "metadata");
  server.storage.shownUrl = faults.front(server.storage.url, () => "bytes");
  const repo = server.repo("o/app");
  const openGithub = (now?: () => number) =>
    GithubClient.open(server.env, {
      timeoutMs: LIMITS.answerMs ?? 0,
      stallMs: LIMITS.stallMs ?? 0,
      ...(now === undefined ? {} : { now }),
    });
  const open = (name: string, options: OpenOptions) =>
    openRegistry(`ghr://o/${name}?${queryOf(options)}`, {
      slot: options.slot ?? "",
      platform: options.platform ?? { os: "linux", arch: "amd64" },
      env: server.env,
      openGithub: () => openGithub(options.now),
      ...(options.now === undefined ? {} : { now: options.now }),
    });
  return Promise.resolve({
    store: openArtifactStore({
      env: server.env,
      openGithub: () => openGithub(),
    }),
    faults,
    secrets: () => [
      server.env["GH_TOKEN"] ?? "",
      ...server.storage.signatures,
    ],
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
    async [Symbol.asyncDispose]() {
      await faults[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  });
}
