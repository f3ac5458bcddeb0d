import type { ArtifactStore } from "../artifact/artifact_store.ts";
import type { EmitEvent } from "../base/event.ts";
import type { Platform } from "../base/platform.ts";
import type { Release, VersionRules } from "../base/release.ts";
import { systemClock } from "../base/time.ts";
import type { OciCredentials } from "../client/oci_credentials.ts";
import { type OpenGithub, shareGithub } from "../client/share_github.ts";
import type { Cache, CacheEntry } from "../cache/cache.ts";
import { openCache } from "../cache/open_cache.ts";
import { openRegistry } from "../registry/open_registry.ts";
import type {
  DeployReport,
  Latest,
  Registry,
  Survey,
  Wish,
} from "../registry/registry.ts";
import type { Archive, ExtractOptions } from "../release/extract.ts";
import type { TreePlan } from "../release/tree_plan.ts";
import type { ObtainedArtifact, ObtainOptions, Source } from "./source.ts";

/** Where releases come from; plain values, so that they can be posted to an isolate. */
export interface SourceSettings {
  readonly registryUrl: string;
  readonly cacheUrl: string | undefined;
  readonly slot: string;
  readonly calver: string | undefined;
  readonly platform: Platform;
  readonly maxArtifactBytes: number;
  readonly requireChecksum: boolean;
  /** Who shares answers with other hosts: `HOST:PID`. */
  readonly node: string;
  /** dewy's working directory. */
  readonly cwd: string;
  /** The part of dewy's environment that the drivers need. */
  readonly env: Readonly<Record<string, string>>;
  /** Who to be at a container registry; nobody when left out. */
  readonly credentials?: OciCredentials | undefined;
}

/** What polls and downloads have in common. */
interface Access {
  readonly env: SourceSettings["env"];
  readonly openGithub: OpenGithub;
}

/** The {@link Source} made of the drivers themselves, in whatever isolate it is opened. */
export class FetchService implements Source {
  readonly cache: Cache;
  #registry: Registry;
  #store: ArtifactStore | undefined;
  #access: Access;

  private constructor(registry: Registry, cache: Cache, access: Access) {
    this.#registry = registry;
    this.cache = cache;
    this.#access = access;
  }

  /** @throws {ConfigError} When a URL or an option is bad. */
  static async open(
    settings: SourceSettings,
    emit: EmitEvent,
  ): Promise<FetchService> {
    const { registryUrl, cacheUrl, cwd, env, node } = settings;
    const { slot, calver, platform, maxArtifactBytes, credentials } = settings;
    const access: Access = { env, openGithub: shareGithub({ env }) };
    const scope = { slot, calver, platform, ...access };
    const { cache, ...place } = await openCache(cacheUrl, {
      cwd,
      cacheDir: env["DEWY_CACHEDIR"],
      env,
      maxArtifactBytes,
      emit,
    });
    const registry = await openRegistry(registryUrl, { ...scope, credentials });
    if (place.registryTtlMs === 0) {
      return new FetchService(registry, cache, access);
    }
    const { shareAnswers } = await import("../registry/open_cached.ts");
    const shared = shareAnswers(registry, {
      ...scope,
      ...place,
      registryUrl,
      wholeOnly: settings.requireChecksum,
      node,
      clock: systemClock,
      emit,
    });
    return new FetchService(shared, cache, access);
  }

  get rules(): VersionRules {
    return this.#registry.rules;
  }

  latest(signal: AbortSignal, wish?: Wish): Promise<Latest> {
    return this.#registry.latest(signal, wish);
  }

  survey(signal: AbortSignal): Promise<Survey> {
    return this.#registry.survey(signal);
  }

  report(report: DeployReport, signal: AbortSignal): Promise<void> {
    return this.#registry.report(report, signal);
  }

  async obtain(
    release: Release,
    options: ObtainOptions,
    signal: AbortSignal,
  ): Promise<ObtainedArtifact> {
    const { obtain } = await import("./obtain.ts");
    const { openArtifactStore } = await import(
      "../artifact/open_artifact_store.ts"
    );
    this.#store ??= openArtifactStore(this.#access);
    const { cache } = this;
    return await obtain(
      release,
      { store: this.#store, cache, ...options },
      signal,
    );
  }

  async share(entry: CacheEntry, signal: AbortSignal): Promise<void> {
    await this.cache.share?.(entry, signal);
  }

  async unpack(
    archive: Archive,
    directory: string,
    options: ExtractOptions,
  ): Promise<TreePlan> {
    // The readers and their libraries are loaded with the first deploy: an idle
    // dewy does without them.
    const { unpackArchive } = await import("../release/extract.ts");
    return await unpackArchive(archive, directory, options);
  }
}
