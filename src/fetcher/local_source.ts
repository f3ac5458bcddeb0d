import type { Release, VersionRules } from "../base/release.ts";
import type { CacheEntry } from "../cache/cache.ts";
import type {
  DeployReport,
  Latest,
  Survey,
  Wish,
} from "../registry/registry.ts";
import type { Archive, ExtractOptions } from "../release/extract.ts";
import type { TreePlan } from "../release/tree_plan.ts";
import { FetchService } from "./fetch_service.ts";
import { Fetcher, type FetcherOptions } from "./fetcher.ts";
import type {
  CacheKeeper,
  ObtainedArtifact,
  ObtainOptions,
  Source,
} from "./source.ts";

/** The isolate of a deploy is kept this long for the next one, milliseconds. */
const KEEP_MS = 2_000;

/**
 * The {@link Source} for a registry and a cache that are folders of this host.
 * Listing them reads names only and is done right here, so that an idle dewy
 * does without a second isolate; artifacts are read in one that lives as long as
 * a deploy needs it.
 */
export class LocalSource implements Source, Disposable {
  readonly cache: CacheKeeper;
  #service: FetchService;
  #options: FetcherOptions;
  #fetcher: Promise<Fetcher> | undefined;
  #calls = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(service: FetchService, options: FetcherOptions) {
    this.#service = service;
    this.#options = options;
    this.cache = service.cache;
  }

  /** @throws {ConfigError} When a URL or an option is bad. */
  static async open(options: FetcherOptions): Promise<LocalSource> {
    const { settings, emit } = options;
    return new LocalSource(await FetchService.open(settings, emit), options);
  }

  get rules(): VersionRules {
    return this.#service.rules;
  }

  latest(signal: AbortSignal, wish?: Wish): Promise<Latest> {
    return this.#service.latest(signal, wish);
  }

  survey(signal: AbortSignal): Promise<Survey> {
    return this.#service.survey(signal);
  }

  report(report: DeployReport, signal: AbortSignal): Promise<void> {
    return this.#service.report(report, signal);
  }

  obtain(
    release: Release,
    options: ObtainOptions,
    signal: AbortSignal,
  ): Promise<ObtainedArtifact> {
    return this.#inIsolate((fetcher) =>
      fetcher.obtain(release, options, signal)
    );
  }

  share(entry: CacheEntry, signal: AbortSignal): Promise<void> {
    return this.#service.share(entry, signal);
  }

  unpack(
    archive: Archive,
    directory: string,
    options: ExtractOptions,
  ): Promise<TreePlan> {
    return this.#inIsolate((fetcher) =>
      fetcher.unpack(archive, directory, options)
    );
  }

  async #inIsolate<T>(task: (fetcher: Fetcher) => Promise<T>): Promise<T> {
    clearTimeout(this.#timer);
    this.#calls++;
    try {
      this.#fetcher ??= Fetcher.open(this.#options);
      return await task(await this.#fetcher);
    } catch (error) {
      // One that could not be opened is no use to the next call either.
      await this.#fetcher?.catch(() => this.#fetcher = undefined);
      throw error;
    } finally {
      this.#calls--;
      if (this.#calls === 0) {
        this.#timer = setTimeout(() => this.#end(), KEEP_MS);
      }
    }
  }

  #end(): void {
    const fetcher = this.#fetcher;
    this.#fetcher = undefined;
    fetcher?.then(
      (fetcher) => fetcher[Symbol.dispose](),
      // Whoever asked for it was told that it could not be opened.
      () => undefined,
    );
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#end();
  }
}
