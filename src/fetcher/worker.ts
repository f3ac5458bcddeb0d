/**
 * The isolate that touches bytes of others. It is started with the permissions
 * of `isolate_permissions.ts` and serves the calls of `fetcher.ts`.
 *
 * @module
 */
import type { DeployEvent } from "../base/event.ts";
import type { Release } from "../base/release.ts";
import type { CacheEntry } from "../cache/cache.ts";
import type { DeployReport, Wish } from "../registry/registry.ts";
import type { Archive } from "../release/extract.ts";
import type { ExtractLimits } from "../release/tree_writer.ts";
import { FetchService, type SourceSettings } from "./fetch_service.ts";
import { pack, type Reply, type Request } from "./rpc.ts";
import type { ObtainOptions } from "./source.ts";

/** The calls, and what each returns; every one takes the signal of its caller last. */
export interface FetcherCalls {
  open: (settings: SourceSettings) => Promise<FetchService["rules"]>;
  latest: (wish?: Wish) => ReturnType<FetchService["latest"]>;
  survey: () => ReturnType<FetchService["survey"]>;
  report: (report: DeployReport) => Promise<void>;
  obtain: (
    release: Release,
    options: ObtainOptions,
  ) => ReturnType<FetchService["obtain"]>;
  share: (entry: CacheEntry) => Promise<void>;
  unpack: (
    archive: Archive,
    directory: string,
    limits: ExtractLimits,
  ) => ReturnType<FetchService["unpack"]>;
  remove: (key: string) => Promise<void>;
  readCurrent: () => Promise<string | undefined>;
  writeCurrent: (key: string) => Promise<void>;
  removeLeftovers: () => Promise<void>;
  evict: (keep: number, inUse: readonly string[]) => Promise<string[]>;
}

/** This global, as the worker it is; the types of a window are what the checker knows. */
const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(message: Reply): void;
};

let opened: FetchService | undefined;
const running = new Map<number, AbortController>();

function service(): FetchService {
  if (opened === undefined) throw new TypeError("Cannot call: nothing is open");
  return opened;
}

/** One closure for each call, with the signal of the one call it is made for. */
function calls(signal: AbortSignal): FetcherCalls {
  return {
    open: async (settings) => {
      opened = await FetchService.open(settings, emit);
      return opened.rules;
    },
    latest: (wish) => service().latest(signal, wish),
    survey: () => service().survey(signal),
    report: (report) => service().report(report, signal),
    obtain: (release, options) => service().obtain(release, options, signal),
    share: (entry) => service().share(entry, signal),
    unpack: (archive, directory, limits) =>
      service().unpack(archive, directory, { limits, signal }),
    remove: (key) => service().cache.remove(key),
    readCurrent: () => service().cache.readCurrent(),
    writeCurrent: (key) => service().cache.writeCurrent(key),
    removeLeftovers: () => service().cache.removeLeftovers(),
    evict: (keep, inUse) =>
      service().cache.evict({ keep, inUse: new Set(inUse) }),
  };
}

function emit(event: DeployEvent): void {
  port.postMessage({ type: "event", event: pack(event) });
}

async function serve(id: number, method: string, args: readonly unknown[]) {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    const table = calls(controller.signal) as unknown as Record<
      string,
      (...args: readonly unknown[]) => Promise<unknown>
    >;
    const call = Object.hasOwn(table, method) ? table[method] : undefined;
    if (call === undefined) throw new TypeError(`Cannot call "${method}"`);
    port.postMessage({ type: "result", id, value: await call(...args) });
  } catch (error) {
    port.postMessage({ type: "failure", id, error: pack(error) });
  } finally {
    running.delete(id);
  }
}

port.onmessage = ({ data }) => {
  switch (data.type) {
    case "call":
      void serve(data.id, data.method, data.args);
      break;
    case "abort":
      running.get(data.id)?.abort(data.reason);
      break;
    case "ping":
      port.postMessage({ type: "pong" });
      break;
    default:
      data satisfies never;
  }
};
