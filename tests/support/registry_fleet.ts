import { SourceError } from "../../src/base/errors.ts";
import type { DeployEvent } from "../../src/base/event.ts";
import type { Release } from "../../src/base/release.ts";
import { CachedRegistry } from "../../src/registry/cached.ts";
import { CachedObject } from "../../src/registry/cached_object.ts";
import type { Latest, Registry } from "../../src/registry/registry.ts";
import { MemoryObjectStore } from "./memory_object_store.ts";
import type { Random } from "./random.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** What a host does with the network: read, claim or publish the entry, or ask the registry. */
export type FleetStep = "read" | "claim" | "publish" | "ask";

/** How a {@link RegistryFleet} behaves; times in milliseconds. */
export interface FleetOptions {
  readonly random: Random;
  readonly hosts: number;
  readonly ttlMs: number;
  /** Hosts begin at any time in the first interval, or all in the same instant. */
  readonly together?: boolean;
}

/** What a host last saw. */
export interface Seen {
  tag: string;
  at: number;
  errors: number;
}

export const INTERVAL_MS = 10_000;
const KEY = "registry-cache/0123456789abcdef.json";

/** Many hosts on a virtual clock that share the answers of one registry. */
export class RegistryFleet implements Disposable {
  readonly clock = new VirtualClock();
  readonly store = new MemoryObjectStore();
  readonly seen: Seen[] = [];
  readonly events: { readonly host: number; readonly event: DeployEvent }[] =
    [];
  /** When the registry was asked. */
  readonly asked: number[] = [];
  /** Conditional writes that found another version. */
  conflicts = 0;
  /** What the registry answers: a tag, or why it fails. */
  upstream: string | SourceError = "v1.0.0";
  /** The first host that is at this point goes, and is never heard of again. */
  kill:
    | { readonly step: FleetStep; readonly when: "before" | "after" }
    | undefined;
  readonly dead = new Set<number>();
  #options: FleetOptions;
  #end = new AbortController();

  constructor(options: FleetOptions) {
    this.#options = options;
    for (let host = 0; host < options.hosts; host++) {
      this.seen.push({ tag: "", at: 0, errors: 0 });
      this.#poll(host);
    }
  }

  /** Hosts that live. */
  get living(): readonly Seen[] {
    return this.seen.filter((_, host) => !this.dead.has(host));
  }

  /** Numbers of hosts that emitted this kind of event. */
  told(matches: (event: DeployEvent) => boolean): number[] {
    return this.events.filter(({ event }) => matches(event))
      .map(({ host }) => host);
  }

  [Symbol.dispose](): void {
    this.#end.abort(new Error("The simulation is over"));
  }

  async #poll(host: number): Promise<void> {
    const { together = false, random } = this.#options;
    const { signal } = this.#end;
    const registry = this.#registryOf(host);
    const seen = this.seen[host] ?? { tag: "", at: 0, errors: 0 };
    await this.clock.delay(together ? 0 : random.next(INTERVAL_MS), signal);
    while (!signal.aborted) {
      try {
        const latest = await registry.latest(signal);
        seen.tag = latest.kind === "release" ? latest.release.tag : "";
        seen.at = this.clock.now();
      } catch {
        seen.errors++;
      }
      const jitter = random.next(INTERVAL_MS / 10);
      await this.clock.delay(INTERVAL_MS + jitter, signal);
    }
  }

  #registryOf(host: number): CachedRegistry {
    const { ttlMs } = this.#options;
    return new CachedRegistry({
      ttlMs,
      wholeOnly: false,
      registry: this.#upstreamFor(host),
      object: new CachedObject({
        store: this.#storeFor(host),
        key: KEY,
        clock: this.clock,
      }),
      node: `host${host}:1`,
      clock: this.clock,
      emit: (event) => this.events.push({ host, event }),
    });
  }

  #storeFor(host: number): MemoryObjectStore {
    const { store } = this;
    const through = <T>(step: FleetStep, task: () => Promise<T>) =>
      this.#step(host, { step, maxMs: 60 }, task);
    return Object.create(store, {
      readText: {
        value: (key: string, signal: AbortSignal) =>
          through("read", () => store.readText(key, signal)),
      },
      write: {
        value: (...args: Parameters<typeof store.write>) => {
          const text = new TextDecoder().decode(args[1]);
          const isClaim = text.includes('"locked_by"');
          return through(isClaim ? "claim" : "publish", async () => {
            try {
              return await store.write(...args);
            } catch (error) {
              if (store.failure === undefined) this.conflicts++;
              throw error;
            }
          });
        },
      },
    });
  }

  #upstreamFor(host: number): Registry {
    return {
      rules: { preRelease: false, slot: "" },
      report: () => Promise.resolve(),
      survey: () => Promise.resolve([]),
      latest: () =>
        this.#step(host, { step: "ask", maxMs: 2_000 }, () => {
          this.asked.push(this.clock.now());
          return this.#answer();
        }),
    };
  }

  #answer(): Promise<Latest> {
    const { upstream } = this;
    if (upstream instanceof SourceError) return Promise.reject(upstream);
    const release = releaseOf(upstream);
    return Promise.resolve({ kind: "release", release, incomplete: [] });
  }

  async #step<T>(
    host: number,
    options: { readonly step: FleetStep; readonly maxMs: number },
    task: () => Promise<T>,
  ): Promise<T> {
    const { random } = this.#options;
    const { step, maxMs } = options;
    const pause = () =>
      this.clock.delay(random.next(maxMs / 2), this.#end.signal);
    await pause();
    if (this.#dies(host, { step, when: "before" })) await FOREVER;
    const result = await task();
    if (this.#dies(host, { step, when: "after" })) await FOREVER;
    await pause();
    return result;
  }

  #dies(
    host: number,
    point: { readonly step: FleetStep; readonly when: "before" | "after" },
  ): boolean {
    if (this.dead.has(host)) return true;
    const { kill } = this;
    if (kill?.step !== point.step || kill.when !== point.when) return false;
    this.kill = undefined;
    this.dead.add(host);
    return true;
  }
}

const FOREVER = new Promise<never>(() => {});

function releaseOf(tag: string): Release {
  return {
    id: tag,
    tag,
    artifactUrl: `ghr://o/r/tag/${tag}/app_linux_amd64.tar.gz`,
    artifactName: "app_linux_amd64.tar.gz",
    checksumUrls: [`ghr://o/r/tag/${tag}/checksums.txt`],
    slot: "",
  };
}
