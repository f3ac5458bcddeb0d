import { abortable } from "../base/abortable.ts";
import { errorMessage, SourceError } from "../base/errors.ts";
import type { DeployEvent, EmitEvent } from "../base/event.ts";
import type { Release, VersionRules } from "../base/release.ts";
import type { CacheEntry } from "../cache/cache.ts";
import type { DeployReport, Latest } from "../registry/registry.ts";
import type { Archive, ExtractOptions } from "../release/extract.ts";
import type { TreePlan } from "../release/tree_plan.ts";
import type { SourceSettings } from "./fetch_service.ts";
import { pack, type Reply, type Request, unpack } from "./rpc.ts";
import type {
  CacheKeeper,
  ObtainedArtifact,
  ObtainOptions,
  Source,
} from "./source.ts";
import type { FetcherCalls } from "./worker.ts";

/** How a {@link Fetcher} is made. */
export interface FetcherOptions {
  readonly settings: SourceSettings;
  readonly permissions: Deno.PermissionOptionsObject;
  readonly emit: EmitEvent;
  /** The isolate's program; dewy's own when left out. */
  readonly module?: URL;
  /** Without a sign of life for this long the isolate counts as dead, milliseconds. @default 20_000 */
  readonly silenceMs?: number;
}

/** A call is asked after this often, milliseconds: an isolate that has ended tells nobody. */
const PING_MS = 2_000;
const SILENCE_MS = 20_000;

interface PendingCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** One running isolate and the calls it owes an answer. */
class Isolate {
  #worker: Worker;
  #pending = new Map<number, PendingCall>();
  #nextId = 1;
  #lastHeardAt = Date.now();
  #timer: ReturnType<typeof setInterval> | undefined;
  #emit: EmitEvent;
  #silenceMs: number;
  /** Why it cannot be used any more. */
  broken: SourceError | undefined;

  constructor(options: FetcherOptions) {
    const { permissions, emit, module } = options;
    this.#emit = emit;
    this.#silenceMs = options.silenceMs ?? SILENCE_MS;
    const program = module ?? new URL("./worker.ts", import.meta.url);
    this.#worker = new Worker(program, {
      type: "module",
      name: "fetcher",
      deno: { permissions },
    });
    this.#worker.onmessage = (event: MessageEvent<Reply>) =>
      this.#takeOrEnd(event.data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.end(`it failed: ${event.message}`);
    };
  }

  call<M extends keyof FetcherCalls>(
    method: M,
    args: Parameters<FetcherCalls[M]>,
    signal: AbortSignal,
  ): Promise<Awaited<ReturnType<FetcherCalls[M]>>> {
    signal.throwIfAborted();
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { resolve, reject });
    this.#watch();
    let deadline: ReturnType<typeof setTimeout> | undefined;
    const onAbort = () => {
      this.#post({ type: "abort", id, reason: pack(signal.reason) });
      deadline = setTimeout(
        () => this.end("it did not stop when it was asked to"),
        this.#silenceMs / 4,
      );
    };
    signal.addEventListener("abort", onAbort, { once: true });
    this.#post({ type: "call", id, method, args });
    return promise.finally(() => {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(deadline);
      this.#pending.delete(id);
      if (this.#pending.size === 0) this.#unwatch();
      // It was only asked to stop; what it says then is not the reason.
      signal.throwIfAborted();
    }) as Promise<Awaited<ReturnType<FetcherCalls[M]>>>;
  }

  /** Ends the isolate; what it still owed fails. */
  end(why: string): void {
    if (this.broken !== undefined) return;
    this.broken = new SourceError(
      "unavailable",
      `The isolate that reads the registry has ended: ${why}`,
      { hint: "Another one is started with the next attempt" },
    );
    this.#unwatch();
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(this.broken);
  }

  #post(request: Request): void {
    if (this.broken === undefined) this.#worker.postMessage(request);
  }

  /** Nothing that an isolate sends may do more harm here than end it. */
  #takeOrEnd(reply: Reply): void {
    try {
      this.#take(reply);
    } catch (error) {
      this.end(`it sent what cannot be understood: ${errorMessage(error)}`);
    }
  }

  #take(reply: Reply): void {
    this.#lastHeardAt = Date.now();
    switch (reply.type) {
      case "result":
        this.#pending.get(reply.id)?.resolve(reply.value);
        break;
      case "failure":
        this.#pending.get(reply.id)?.reject(unpack(reply.error));
        break;
      case "event":
        this.#emit(toEvent(reply.event));
        break;
      case "pong":
        break;
      default:
        reply satisfies never;
    }
  }

  #watch(): void {
    if (this.#timer !== undefined) return;
    this.#lastHeardAt = Date.now();
    this.#timer = setInterval(() => {
      const silentMs = Date.now() - this.#lastHeardAt;
      if (silentMs > this.#silenceMs) {
        this.end(`it was silent for ${Math.round(silentMs / 1000)} s`);
      } else this.#post({ type: "ping" });
    }, Math.min(PING_MS, this.#silenceMs / 4));
  }

  #unwatch(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
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
  #isolate: Isolate;
  #reopening: Promise<void> | undefined;

  private constructor(
    options: FetcherOptions,
    isolate: Isolate,
    rules: VersionRules,
  ) {
    this.#options = options;
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
  static async open(options: FetcherOptions): Promise<Fetcher> {
    const isolate = new Isolate(options);
    try {
      const { signal } = new AbortController();
      const rules = await isolate.call("open", [options.settings], signal);
      return new Fetcher(options, isolate, rules);
    } catch (error) {
      isolate.end("it could not be opened");
      throw error;
    }
  }

  latest(signal: AbortSignal): Promise<Latest> {
    return this.#call("latest", [], signal);
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
      await isolate.call("open", [this.#options.settings], signal);
      this.#isolate = isolate;
    } catch (error) {
      isolate.end("it could not be opened");
      throw error;
    }
  }
}

/** What an isolate may tell of; all else is the supervisor's own to tell. */
const EVENTS: ReadonlySet<unknown> = new Set<DeployEvent["type"]>([
  "object-written",
  "shared-cache-failed",
  "registry-cache-enabled",
  "registry-cache-ignored",
  "registry-refreshed",
  "registry-cache-failed",
  "registry-outage",
]);

/** @throws {TypeError} When it is no event that an isolate may send. */
function toEvent(packed: unknown): DeployEvent {
  const event = unpack(packed);
  const type = typeof event === "object" && event !== null && "type" in event
    ? event.type
    : undefined;
  if (EVENTS.has(type)) return event as DeployEvent;
  throw new TypeError(`Cannot take an event of type "${String(type)}"`);
}
