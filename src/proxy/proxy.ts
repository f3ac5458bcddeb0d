import v8 from "node:v8";
import { errorMessage, systemErrorCode } from "../base/errors.ts";
import type { ProxyEvent } from "../base/event_proxy.ts";
import { listenFailure } from "../base/listen_failure.ts";
import { backoffMs, type Clock, systemClock } from "../base/time.ts";
import type { BackendTable } from "./backend.ts";
import { changesOf } from "./table_changes.ts";
import type { Drained } from "./balancer.ts";
import type { Certificate } from "./http/front.ts";
import {
  ISOLATE_V8_FLAGS,
  type IsolateLoss,
  IsolateLost,
  ProxyIsolate,
  type ProxyIsolateOptions,
  proxyPermissions,
} from "./isolate.ts";
import type { Task } from "./isolate_messages.ts";
import { addPorts, ended, type PortSnapshot } from "./port_metrics.ts";
import type { ProxySettings } from "./settings.ts";

/** What a {@link Proxy} works with. */
export interface ProxyOptions {
  readonly settings: ProxySettings;
  /** Backends that there are already; the first client is to find them. @default none */
  readonly table?: BackendTable;
  readonly emit: (event: ProxyEvent) => void;
  readonly onAccessLog?: (lines: string) => void;
  readonly clock?: Clock;
  /** For tests of the isolates themselves. */
  readonly isolate?: Pick<ProxyIsolateOptions, "module" | "silenceMs">;
}

/** Isolates that wait to be replaced do so with these pauses. */
const BACKOFF = { baseMs: 100, maxMs: 10_000 };

/**
 * The reverse proxy, as its owner sees it: a table of backends in, counts out.
 * The work is done by isolates that share the ports.
 */
export class Proxy implements AsyncDisposable {
  #options: ProxyOptions;
  #clock: Clock;
  /** What runs, also what has not opened its ports yet: it must not miss a table. */
  #isolates = new Set<ProxyIsolate>();
  #opening = new Set<ProxyIsolate>();
  #table: BackendTable;
  #certificate: Certificate | undefined;
  #past = new Map<number, PortSnapshot>();
  #closed = new AbortController();
  #replacements = new Set<Promise<void>>();

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#table = options.table ?? new Map();
    this.#certificate = options.settings.certificate;
  }

  /**
   * Opens the ports.
   *
   * @throws {SourceError} When a port cannot be listened on.
   */
  static async start(options: ProxyOptions): Promise<Proxy> {
    const { emit, settings: { ports, hostname, workers: length } } = options;
    for (const { port } of ports) probe(port, hostname);
    v8.setFlagsFromString(ISOLATE_V8_FLAGS);
    const proxy = new Proxy(options);
    try {
      await Promise.all(Array.from({ length }, () => proxy.#add()));
    } catch (error) {
      await proxy.close(0);
      throw error;
    }
    for (const port of ports) emit({ type: "proxy-started", ...port });
    emit({ type: "proxies-started", count: ports.length });
    for (const event of changesOf(new Map(), proxy.#table)) emit(event);
    return proxy;
  }

  /** Puts `table` in the place of the one before; every isolate uses it when this returns. */
  async swap(table: BackendTable): Promise<void> {
    const before = this.#table;
    this.#table = table;
    await this.#all({ type: "swap", table });
    for (const event of changesOf(before, table)) this.#options.emit(event);
  }

  /**
   * Waits until a backend that was taken out of the table has nothing in
   * flight. What is left after `graceMs` is ended in the way of its protocol.
   */
  async drain(id: string, graceMs: number): Promise<Drained> {
    return { cut: await this.#all({ type: "drain", id, graceMs }) };
  }

  /** Uses another certificate for connections from now on. */
  async renew(certificate: Certificate): Promise<void> {
    await this.#all({ type: "renew", certificate });
    // Not before: isolates that are started later could not open with a bad one.
    this.#certificate = certificate;
  }

  /** What happened on each port so far, as of about a second ago. */
  snapshot(): ReadonlyMap<number, PortSnapshot> {
    const sum = new Map(this.#past);
    for (const { ports } of this.#isolates) addPorts(sum, ports);
    return sum;
  }

  /** What a backend has in flight, as of about a second ago. */
  inFlight(id: string): number {
    return [...this.#isolates].reduce(
      (sum, { inFlight }) => sum + (inFlight.get(id) ?? 0),
      0,
    );
  }

  /**
   * How many requests a backend was given so far, and connections of TCP ports,
   * as of about a second ago; what an isolate knew that was lost is not in it.
   */
  taken(id: string): number {
    return [...this.#isolates].reduce(
      (sum, { taken }) => sum + (taken.get(id) ?? 0),
      0,
    );
  }

  /** Accepts nothing more, waits for what is in flight, and ends it after `graceMs`. */
  async close(graceMs: number): Promise<Drained> {
    this.#closed.abort();
    await Promise.all(this.#replacements);
    try {
      return { cut: await this.#all({ type: "close", graceMs }) };
    } finally {
      for (const isolate of this.#isolates) {
        isolate.end();
        addPorts(this.#past, ended(isolate.ports));
      }
      this.#isolates.clear();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close(0);
  }

  /** Has every isolate do a task. One that ends meanwhile has nothing left to do it with. */
  async #all(task: Task): Promise<number> {
    const cuts = await Promise.all([...this.#isolates].map(async (isolate) => {
      try {
        return await isolate.perform(task);
      } catch (error) {
        const isLost = error instanceof IsolateLost ||
          !this.#isolates.has(isolate);
        if (isLost) return 0;
        throw error;
      }
    }));
    return cuts.reduce((sum, cut) => sum + cut, 0);
  }

  async #add(): Promise<void> {
    const { settings, onAccessLog, emit } = this.#options;
    const isolate: ProxyIsolate = new ProxyIsolate({
      ...this.#options.isolate,
      permissions: proxyPermissions(settings),
      onTrouble: (trouble) => emit({ type: "proxy-trouble", ...trouble }),
      onAccessLog: (lines) => onAccessLog?.(lines),
      onLost: (loss) => this.#lose(isolate, loss),
    });
    this.#isolates.add(isolate);
    this.#opening.add(isolate);
    const certificate = this.#certificate;
    try {
      await isolate.perform({
        type: "open",
        settings: {
          ...settings,
          limits: shareOf(settings),
          ...(certificate === undefined ? {} : { certificate }),
        },
        table: this.#table,
        // The next one must get the port also while a hung one still has it.
        isShared: Deno.build.os === "linux",
      });
    } catch (error) {
      this.#isolates.delete(isolate);
      isolate.end();
      throw error;
    } finally {
      this.#opening.delete(isolate);
    }
  }

  #lose(isolate: ProxyIsolate, { why, isSilent }: IsolateLoss): void {
    this.#isolates.delete(isolate);
    // Whoever waits for it to open its ports hears of it there.
    if (this.#opening.has(isolate)) return;
    const connections = [...isolate.ports.values()].reduce(
      (sum, { active }) => sum + active,
      0,
    );
    addPorts(this.#past, ended(isolate.ports));
    this.#options.emit({
      type: "proxy-isolate-lost",
      why,
      isSilent,
      connections,
    });
    const replacing = this.#replace();
    this.#replacements.add(replacing);
    void replacing.finally(() => this.#replacements.delete(replacing));
  }

  async #replace(): Promise<void> {
    const { emit } = this.#options;
    for (let failures = 1; !this.#closed.signal.aborted; failures++) {
      try {
        await this.#add();
        emit({ type: "proxy-isolate-replaced" });
        return;
      } catch (error) {
        const message = errorMessage(error);
        emit({ type: "proxy-isolate-not-replaced", error: message });
      }
      const pause = backoffMs(failures, BACKOFF, Math.random());
      await this.#clock.delay(pause, this.#closed.signal);
    }
  }
}

/** Sees whether a port is free: isolates that share it could share it with a stranger as well. */
function probe(port: number, hostname: string | undefined): void {
  try {
    Deno.listen({ port, hostname: hostname ?? "0.0.0.0" }).close();
  } catch (error) {
    const code = systemErrorCode(error) ?? errorMessage(error);
    throw listenFailure(String(port), { kind: "tcp", code, cause: error });
  }
}

/** The limits of one isolate: clients are dealt out among all. */
function shareOf({ limits, workers }: ProxySettings): ProxySettings["limits"] {
  const maxConnections = Math.ceil(limits.maxConnections / workers);
  return { ...limits, maxConnections };
}
