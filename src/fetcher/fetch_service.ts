import type { ArtifactStore } from "../artifact/artifact_store.ts";
import { expectedSha256 } from "../artifact/checksums.ts";
import { openArtifactStore } from "../artifact/open_artifact_store.ts";
import { ArtifactError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import type { Platform } from "../base/platform.ts";
import { cacheKey, type Release, type VersionRules } from "../base/release.ts";
import { systemClock } from "../base/time.ts";
import type { Cache, CacheEntry } from "../cache/cache.ts";
import { openCache } from "../cache/open_cache.ts";
import { shareAnswers } from "../registry/open_cached.ts";
import { openRegistry } from "../registry/open_registry.ts";
import type { DeployReport, Latest, Registry } from "../registry/registry.ts";
import type { Archive, ExtractOptions } from "../release/extract.ts";
import type { TreePlan } from "../release/tree_writer.ts";
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
}

/** The {@link Source} made of the drivers themselves, in whatever isolate it is opened. */
export class FetchService implements Source {
  readonly cache: Cache;
  #registry: Registry;
  #store: ArtifactStore;

  private constructor(registry: Registry, store: ArtifactStore, cache: Cache) {
    this.#registry = registry;
    this.#store = store;
    this.cache = cache;
  }

  /** @throws {ConfigError} When a URL or an option is bad. */
  static async open(
    settings: SourceSettings,
    emit: EmitEvent,
  ): Promise<FetchService> {
    const { registryUrl, cacheUrl, cwd, env, node } = settings;
    const { slot, calver, platform, maxArtifactBytes } = settings;
    const scope = { slot, calver, platform, env };
    const { cache, ...place } = await openCache(cacheUrl, {
      cwd,
      cacheDir: env["DEWY_CACHEDIR"],
      env,
      maxArtifactBytes,
      emit,
    });
    const registry = shareAnswers(await openRegistry(registryUrl, scope), {
      ...scope,
      ...place,
      registryUrl,
      wholeOnly: settings.requireChecksum,
      node,
      clock: systemClock,
      emit,
    });
    return new FetchService(registry, openArtifactStore({ env }), cache);
  }

  get rules(): VersionRules {
    return this.#registry.rules;
  }

  latest(signal: AbortSignal): Promise<Latest> {
    return this.#registry.latest(signal);
  }

  report(report: DeployReport, signal: AbortSignal): Promise<void> {
    return this.#registry.report(report, signal);
  }

  async obtain(
    release: Release,
    options: ObtainOptions,
    signal: AbortSignal,
  ): Promise<ObtainedArtifact> {
    const store = this.#store;
    const expected = await expectedSha256(release, { store, signal });
    if (expected === undefined && options.requireChecksum) {
      throw unverifiable(release);
    }
    const trusted = expected?.sha256 ?? options.trustedSha256;
    const cached = trusted === undefined
      ? undefined
      : await this.cache.read(cacheKey(release), signal);
    const fromCache = cached !== undefined && cached.sha256 === trusted;
    const entry = fromCache
      ? cached
      : await this.#download(release, options.maxBytes, signal);
    if (expected !== undefined && entry.sha256 !== expected.sha256) {
      // The next attempt must not find the wrong bytes.
      await this.cache.remove(entry.key);
      throw mismatch(entry, expected);
    }
    return { entry, fromCache, verifiedBy: expected?.source };
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

  async #download(
    release: Release,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<CacheEntry> {
    const body = await this.#store.open(release.artifactUrl, signal);
    return await this.cache.write(cacheKey(release), body, {
      maxBytes,
      signal,
    });
  }
}

function unverifiable(release: Release): ArtifactError {
  return new ArtifactError(
    "checksum",
    `Cannot verify "${cacheKey(release)}": no checksum is published beside it`,
    {
      hint:
        `Publish "${release.artifactName}.sha256" or "SHA256SUMS" with the version, or leave out --require-checksum`,
    },
  );
}

function mismatch(
  { key, sha256 }: CacheEntry,
  expected: { readonly sha256: string; readonly source: string },
): ArtifactError {
  return new ArtifactError(
    "checksum",
    `Cannot deploy "${key}": its SHA-256 is ${sha256}, and ${expected.source} says ${expected.sha256}`,
    {
      hint:
        "Upload the artifact and its checksum again; they do not belong together",
    },
  );
}
