import type { DeployEvent, EmitEvent } from "../base/event.ts";
import type { VersionRules } from "../base/release.ts";
import type { Clock } from "../base/time.ts";
import { askUpstream } from "./ask_upstream.ts";
import {
  answered,
  type CachedEntry,
  type CachedFailure,
  type CachedValue,
} from "./cached_entry.ts";
import { toError, toFailure } from "./cached_failure.ts";
import type { CachedObject, VersionedEntry } from "./cached_object.ts";
import { OutageTeller } from "./cached_outage.ts";
import { type CacheTimes, decideCacheStep, lockLifeMs } from "./cached_step.ts";
import { CachedWishes } from "./cached_wishes.ts";
import type {
  DeployReport,
  Latest,
  Registry,
  Survey,
  Wish,
} from "./registry.ts";

/** What a {@link CachedRegistry} works with. */
export interface CachedRegistryOptions extends CacheTimes {
  readonly registry: Registry;
  readonly object: CachedObject;
  /** `HOST:PID`, for people who look into the bucket. */
  readonly node: string;
  readonly clock: Clock;
  readonly emit: EmitEvent;
}

/** Pause of a host that waits for another's answer, milliseconds. */
const PAUSE_MS = 250;
/** A failure is not repeated for as long as that by any host, milliseconds. */
const FAILURE_MAX_MS = 30_000;
const LASTING_MIN_MS = 5 * 60_000;

type CacheFailureStep = Extract<
  DeployEvent,
  { type: "registry-cache-failed" }
>["step"];

interface CacheAttempt {
  readonly step: CacheFailureStep;
  readonly signal: AbortSignal;
}

/**
 * Asks a registry once per TTL for all hosts that share a bucket. Whoever finds
 * the shared answer too old claims the entry by a conditional write, asks, and
 * publishes; the others give the old answer meanwhile. A bucket that fails
 * costs the sharing, not the answer.
 */
export class CachedRegistry implements Registry {
  readonly #options: CachedRegistryOptions;
  readonly #outage: OutageTeller;
  readonly #wishes: CachedWishes;
  /** What the registry told this host itself, for when the bucket is gone. */
  #own: CachedValue | undefined;
  /** What last failed, so that it is told once. */
  readonly #broken = new Set<CacheFailureStep>();

  constructor(options: CachedRegistryOptions) {
    this.#options = options;
    this.#wishes = new CachedWishes(options);
    const lastingMs = Math.max(10 * options.ttlMs, LASTING_MIN_MS);
    this.#outage = new OutageTeller({ emit: options.emit, lastingMs });
  }

  get rules(): VersionRules {
    return this.#options.registry.rules;
  }

  /** A wish is of this host alone: the registry itself is asked. */
  latest(signal: AbortSignal, wish?: Wish): Promise<Latest> {
    return wish === undefined
      ? this.#latest(signal)
      : this.#wishes.latest(signal, wish);
  }

  survey(signal: AbortSignal): Promise<Survey> {
    const { registry } = this.#options;
    return askUpstream(signal, (signal) => registry.survey(signal));
  }

  report(report: DeployReport, signal: AbortSignal): Promise<void> {
    return this.#options.registry.report(report, signal);
  }

  async #latest(signal: AbortSignal): Promise<Latest> {
    const { clock, object, ttlMs } = this.#options;
    const giveUpAt = clock.now() + lockLifeMs(ttlMs) + PAUSE_MS;
    while (clock.now() < giveUpAt) {
      signal.throwIfAborted();
      const read = await this.#attempt(
        { step: "read", signal },
        () => object.read(signal),
      );
      if (read === "failed") return await this.#askAlone(signal);
      const step = decideCacheStep(read.entry, this.#options, clock.now());
      if (step.kind === "fresh") return this.#giveFresh(step.value);
      if (step.kind === "failing") {
        return this.#giveStale(step.value, step.failure);
      }
      if (step.kind === "claim") {
        const claimed = await this.#claim(read, signal);
        if (claimed === "failed") {
          // A bucket that cannot be written may hold an answer of any age.
          return this.#isRecent(step.value)
            ? step.value.latest
            : await this.#askAlone(signal);
        }
        if (claimed !== "taken") {
          return await this.#refresh(claimed, step.value, signal);
        }
      }
      if (step.value !== undefined) {
        return this.#giveStale(step.value, read.entry.failure);
      }
      await clock.delay(PAUSE_MS, signal);
    }
    return await this.#askAlone(signal);
  }

  #isRecent(value: CachedValue | undefined): value is CachedValue {
    const { clock, ttlMs } = this.#options;
    return value !== undefined && clock.now() - value.at < lockLifeMs(ttlMs);
  }

  #giveFresh(value: CachedValue): Latest {
    this.#outage.working();
    if (value.isWhole) this.#own = value;
    return value.latest;
  }

  #giveStale(
    value: CachedValue | undefined,
    failure: CachedFailure | undefined,
  ): Latest {
    const now = this.#options.clock.now();
    if (value === undefined) throw toError(failure, now);
    if (failure !== undefined) {
      this.#outage.failing(failure, now);
    } else if (now - value.at > lockLifeMs(this.#options.ttlMs)) {
      // Hosts of another kind keep their failures to themselves.
      const message = "no host has had an answer for a while";
      this.#outage.failing({ since: value.at, message }, now);
    }
    return value.latest;
  }

  async #claim(
    { entry, version }: VersionedEntry,
    signal: AbortSignal,
  ): Promise<VersionedEntry | "taken" | "failed"> {
    const { object, node, clock } = this.#options;
    const claim = { ...entry, lockedAt: clock.now(), lockedBy: node };
    const claimed = await this.#attempt(
      { step: "claim", signal },
      () => object.replace(version, claim, signal),
    );
    return claimed ?? "taken";
  }

  async #refresh(
    claimed: VersionedEntry,
    old: CachedValue | undefined,
    signal: AbortSignal,
  ): Promise<Latest> {
    const { emit, node, clock } = this.#options;
    try {
      const latest = await this.#ask(signal);
      emit({ type: "registry-refreshed", node });
      const now = clock.now();
      const entry = answered(claimed.entry, latest, now);
      await this.#write({ step: "publish", signal }, claimed.version, entry);
      return this.#giveFresh({ latest, at: now, isWhole: true });
    } catch (error) {
      // The claim is left to expire: a write would not get through any more.
      signal.throwIfAborted();
      const now = clock.now();
      const pauseMs = Math.min(this.#options.ttlMs, FAILURE_MAX_MS);
      const failure = toFailure(error, {
        now,
        pauseMs,
        since: claimed.entry.failure?.since ?? now,
      });
      const released = { ...claimed.entry, lockedAt: 0, lockedBy: "", failure };
      await this.#write({ step: "release", signal }, claimed.version, released);
      if (old === undefined) throw error;
      return this.#giveStale(old, failure);
    }
  }

  #ask(signal: AbortSignal): Promise<Latest> {
    const { registry } = this.#options;
    return askUpstream(signal, (signal) => registry.latest(signal));
  }

  async #write(
    attempt: CacheAttempt,
    version: string,
    entry: CachedEntry,
  ): Promise<void> {
    const { object } = this.#options;
    await this.#attempt(
      attempt,
      () => object.replace(version, entry, attempt.signal),
    );
  }

  /** Does without the bucket, and asks the registry no more often for that. */
  async #askAlone(signal: AbortSignal): Promise<Latest> {
    const { clock, ttlMs } = this.#options;
    const own = this.#own;
    if (own !== undefined && Math.abs(clock.now() - own.at) < ttlMs) {
      return own.latest;
    }
    const latest = await this.#ask(signal);
    this.#own = { latest, at: clock.now(), isWhole: true };
    this.#outage.working();
    return latest;
  }

  /** Runs one step on the bucket; that it failed is told, loudly the first time. */
  async #attempt<T>(
    { step, signal }: CacheAttempt,
    task: () => Promise<T>,
  ): Promise<T | "failed"> {
    try {
      const result = await task();
      this.#broken.delete(step);
      return result;
    } catch (cause) {
      signal.throwIfAborted();
      const error = cause instanceof Error ? cause : new Error(String(cause));
      const first = !this.#broken.has(step);
      this.#broken.add(step);
      const { emit } = this.#options;
      emit({ type: "registry-cache-failed", step, error, first });
      return "failed";
    }
  }
}
