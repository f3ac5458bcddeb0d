import { abortable } from "../base/abortable.ts";
import { SourceError } from "../base/errors.ts";
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
import {
  CredentialedSettings,
  type FindCredentials,
} from "./credentialed_settings.ts";
import type { SourceSettings } from "./fetch_service.ts";
import { Isolate, type IsolateOptions } from "./isolate.ts";
import { OutageRelay } from "./outage_relay.ts";
import type {
  CacheKeeper,
  ObtainedArtifact,
  ObtainOptions,
  Source,
} from "./source.ts";
import type { FetcherCalls } from "./worker.ts";

/** How a {@link Fetcher} is made. */
export interface FetcherOptions extends IsolateOptions {
  readonly settings: SourceSettings;
  /** Who to be at a container registry; asked for again when that is denied. */
  readonly findCredentials?: FindCredentials | undefined;
}

interface FetcherParts {
  readonly options: FetcherOptions;
  readonly settings: CredentialedSettings;
  readonly outage: OutageRelay;
}

/**
 * The {@link Source} in an isolate of its own, which may read and write only
 * what the URLs imply, and can neither start programs nor load native code. When
 * it dies the call fails, and the next one starts another.
 */
export class Fetcher implements Source, Disposable {
  readonly rules: VersionRules;
  readonly cache: CacheKeeper;
  #options: FetcherOptions;
  #settings: CredentialedSettings;
  #outage: OutageRelay;
  #isolate: Isolate;
  #reopening: Promise<void> | undefined;

  private constructor(
    { options, settings, outage }: FetcherParts,
    isolate: Isolate,
    rules: VersionRules,
  ) {
    this.#options = options;
    this.#settings = settings;
    this.#outage = outage;
    this.#isolate = isolate;
    this.rules = rules;
    const never = new AbortController().signal;
    this.cache = {
      remove: (key) => this.#call("remove", [key], never),
      readCurrent: () => this.#call("readCurrent", [], never),
      writeCurrent: (key) => this.#call("writeCurrent", [key], never),
      removeLeftovers: () => this.#call("removeLeftovers", [], never),
      evict: ({ keep, inUse }) =>
        this.#call("evict", [keep, [...inUse]], never),
    };
  }

  /** @throws {ConfigError} When a URL or an option is bad. */
  static async open(given: FetcherOptions): Promise<Fetcher> {
    const outage = new OutageRelay(given.emit);
    const options = { ...given, emit: outage.emit };
    const { settings, findCredentials } = options;
    const { signal } = new AbortController();
    const credentialed = new CredentialedSettings(settings, findCredentials);
    await credentialed.prepare(signal);
    const isolate = new Isolate(options);
    try {
      const rules = await isolate.call("open", [credentialed.value], signal);
      const parts = { options, settings: credentialed, outage };
      return new Fetcher(parts, isolate, rules);
    } catch (error) {
      isolate.end("it could not be opened");
      throw error;
    }
  }

  async latest(signal: AbortSignal, wish?: Wish): Promise<Latest> {
    const latest = await this.#lookUp(
      signal,
      () => this.#call("latest", [wish], signal),
    );
    this.#outage.answered();
    if (this.#outage.isDenied) await this.#renewBehindAnswer(signal);
    return latest;
  }

  survey(signal: AbortSignal): Promise<Survey> {
    return this.#lookUp(signal, () => this.#call("survey", [], signal));
  }

  async #lookUp<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!await this.#settings.renewAfter(error, signal)) throw error;
      await this.#call("open", [this.#settings.value], signal);
      return await ask();
    }
  }

  report(report: DeployReport, signal: AbortSignal): Promise<void> {
    return this.#call("report", [report], signal);
  }

  obtain(
    release: Release,
    options: ObtainOptions,
    signal: AbortSignal,
  ): Promise<ObtainedArtifact> {
    return this.#call("obtain", [release, options], signal);
  }

  share(entry: CacheEntry, signal: AbortSignal): Promise<void> {
    return this.#call("share", [entry], signal);
  }

  unpack(
    archive: Archive,
    directory: string,
    { limits, signal }: ExtractOptions,
  ): Promise<TreePlan> {
    return this.#call("unpack", [archive, directory, limits], signal);
  }

  [Symbol.dispose](): void {
    this.#isolate.end("dewy stops");
  }

  /** Ends a denial that an old answer of the shared cache hides, when there are other credentials. */
  async #renewBehindAnswer(signal: AbortSignal): Promise<void> {
    try {
      if (!await this.#settings.renew(signal)) return;
    } catch (error) {
      // A helper that fails takes no answer away: the denial itself is told.
      if (error instanceof SourceError) return;
      throw error;
    }
    await this.#call("open", [this.#settings.value], signal);
    this.#outage.reopened();
  }

  async #call<M extends keyof FetcherCalls>(
    method: M,
    args: Parameters<FetcherCalls[M]>,
    signal: AbortSignal,
  ): Promise<Awaited<ReturnType<FetcherCalls[M]>>> {
    if (this.#isolate.broken !== undefined) {
      this.#reopening ??= this.#reopen().finally(() => {
        this.#reopening = undefined;
      });
      await abortable(this.#reopening, signal);
    }
    return await this.#isolate.call(method, args, signal);
  }

  /** Puts another isolate in the place of the broken one, once it is open. */
  async #reopen(): Promise<void> {
    const isolate = new Isolate(this.#options);
    try {
      const { signal } = new AbortController();
      await isolate.call("open", [this.#settings.value], signal);
      this.#isolate = isolate;
      this.#outage.reopened();
    } catch (error) {
      isolate.end("it could not be opened");
      throw error;
    }
  }
}
