import type { Reply, Request, Task, Trouble } from "./isolate_messages.ts";
import type { PortSnapshot } from "./port_metrics.ts";
import type { ProxySettings } from "./settings.ts";

/**
 * For isolates that start from then on: dewy's own frugal setting costs them a
 * third more time for each request when hundreds of clients are there.
 */
export const ISOLATE_V8_FLAGS = "--max-semi-space-size=8";

/** How a {@link ProxyIsolate} is made. */
export interface ProxyIsolateOptions {
  readonly permissions: Deno.PermissionOptionsObject;
  readonly onTrouble: (trouble: Trouble) => void;
  readonly onAccessLog: (lines: string) => void;
  /** Called once when it ends without being told to. */
  readonly onLost: (loss: IsolateLoss) => void;
  /** Its program; dewy's own when left out. */
  readonly module?: URL;
  /** Without a sign of life for this long it counts as dead, milliseconds. @default 10_000 */
  readonly silenceMs?: number;
}

/** How an isolate was lost. */
export interface IsolateLoss {
  readonly why: string;
  /** Whether it only fell silent: if it hangs, what it had open stays open. */
  readonly isSilent: boolean;
}

/** An isolate ended before it did what it was asked for. */
export class IsolateLost extends Error {
  override readonly name = "IsolateLost";
}

/** It is asked after this often, milliseconds: an isolate that has ended tells nobody. */
const PING_MS = 1_000;
const SILENCE_MS = 10_000;
/** How long its program may take to load, milliseconds. */
const LOADING_MS = 60_000;

interface PendingTask {
  readonly resolve: (cut: number) => void;
  readonly reject: (error: Error) => void;
}

/** The supervisor's end of one isolate of the proxy. */
export class ProxyIsolate {
  #worker: Worker;
  #options: ProxyIsolateOptions;
  #pending = new Map<number, PendingTask>();
  #nextId = 1;
  #askedAt = performance.now();
  #unanswered = 0;
  #hasAnswered = false;
  #hasSpoken = false;
  #timer: ReturnType<typeof setInterval>;
  #lost: IsolateLost | undefined;
  /** What it said of its ports when it last spoke. */
  ports: ReadonlyMap<number, PortSnapshot> = new Map();
  /** What it said that backends have in flight. */
  inFlight: ReadonlyMap<string, number> = new Map();
  /** What it said that backends were given so far. */
  taken: ReadonlyMap<string, number> = new Map();

  constructor(options: ProxyIsolateOptions) {
    this.#options = options;
    // Named from `src/`, which is how scripts/bundle.ts tells the isolates apart.
    const module = options.module ??
      new URL("../proxy/worker.ts", import.meta.url);
    this.#worker = new Worker(module, {
      type: "module",
      name: "proxy",
      deno: { permissions: options.permissions },
    });
    this.#worker.onmessage = (event: MessageEvent<Reply>) =>
      this.#take(event.data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#lose({ why: event.message, isSilent: false });
    };
    this.#timer = setInterval(this.#ask, PING_MS);
  }

  /**
   * Has a task done; the number of sessions that had to be cut for it.
   *
   * @throws {IsolateLost} When it ends first.
   * @throws When it cannot do the task.
   */
  async perform(task: Task): Promise<number> {
    if (this.#lost !== undefined) throw this.#lost;
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#pending.set(id, { resolve, reject });
    this.#post({ type: "task", id, task });
    return await promise;
  }

  /** Ends it, and with it whatever it has open. */
  end(): void {
    this.#stop("it was ended");
  }

  /** Silence is counted in answers that did not come: a process that was stopped for a while wakes up to all of them. */
  #ask = (): void => {
    const { silenceMs = SILENCE_MS } = this.#options;
    const now = performance.now();
    const isLate = now - this.#askedAt > 2 * PING_MS;
    this.#askedAt = now;
    this.#unanswered = isLate || this.#hasAnswered ? 0 : this.#unanswered + 1;
    this.#hasAnswered = false;
    const silentMs = this.#unanswered * PING_MS;
    if (silentMs >= (this.#hasSpoken ? silenceMs : LOADING_MS)) {
      const why = `it was silent for ${Math.round(silentMs / 1_000)} s`;
      this.#lose({ why, isSilent: true });
      return;
    }
    this.#post({ type: "ping" });
  };

  #post(request: Request): void {
    this.#worker.postMessage(request);
  }

  #take(reply: Reply): void {
    this.#hasAnswered = true;
    this.#hasSpoken = true;
    switch (reply.type) {
      case "done":
        this.#pending.get(reply.id)?.resolve(reply.cut);
        this.#pending.delete(reply.id);
        break;
      case "failed":
        this.#pending.get(reply.id)?.reject(new Error(reply.message));
        this.#pending.delete(reply.id);
        break;
      case "alive":
        this.ports = reply.ports;
        this.inFlight = reply.inFlight;
        this.taken = reply.taken;
        break;
      case "trouble":
        this.#options.onTrouble(reply.trouble);
        break;
      case "access-log":
        this.#options.onAccessLog(reply.lines);
        break;
      default:
        reply satisfies never;
    }
  }

  #lose(loss: IsolateLoss): void {
    if (this.#stop(loss.why)) this.#options.onLost(loss);
  }

  /** Returns whether it was running until now. */
  #stop(why: string): boolean {
    if (this.#lost !== undefined) return false;
    this.#lost = new IsolateLost(`An isolate of the proxy has ended: ${why}`);
    clearInterval(this.#timer);
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(this.#lost);
    this.#pending.clear();
    return true;
  }
}

/** Returns what an isolate of the proxy may do: listen on its ports, and talk to backends on `hosts`. */
export function proxyPermissions(
  settings: Pick<ProxySettings, "hostname" | "ports" | "backendHosts">,
): Deno.PermissionOptionsObject {
  const { hostname, ports, backendHosts } = settings;
  const listen = hostname === undefined
    ? ["[::]", "0.0.0.0"]
    : [hostname.includes(":") ? `[${hostname}]` : hostname];
  const own = ports.flatMap(({ port }) => listen.map((at) => `${at}:${port}`));
  return {
    // The gate reaches its server by the loopback address.
    net: [...new Set(["127.0.0.1", ...own, ...backendHosts])],
    read: false,
    write: false,
    env: false,
    sys: false,
    run: false,
    ffi: false,
    import: false,
  };
}
