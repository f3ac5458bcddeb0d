import { errorMessage, SourceError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import { checkEvent } from "./check_event.ts";
import { checkReply } from "./check_reply.ts";
import { pack, type Reply, type Request, unpack } from "./rpc.ts";
import type { FetcherCalls } from "./worker.ts";

/** How an {@link Isolate} is started. */
export interface IsolateOptions {
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
  /** Takes what the isolate answers; throws when that is no answer. */
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** One running isolate and the calls it owes an answer. */
export class Isolate {
  #worker: Worker;
  #pending = new Map<number, PendingCall>();
  #nextId = 1;
  #lastHeardAt = Date.now();
  #timer: ReturnType<typeof setInterval> | undefined;
  #emit: EmitEvent;
  #silenceMs: number;
  /** Why it cannot be used any more. */
  broken: SourceError | undefined;

  constructor(options: IsolateOptions) {
    const { permissions, emit, module } = options;
    this.#emit = emit;
    this.#silenceMs = options.silenceMs ?? SILENCE_MS;
    // Named from `src/`, which is how scripts/bundle.ts tells the isolates apart.
    const program = module ?? new URL("../fetcher/worker.ts", import.meta.url);
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
    const { promise, resolve, reject } = Promise.withResolvers<
      Awaited<ReturnType<FetcherCalls[M]>>
    >();
    this.#pending.set(id, {
      resolve: (value) => resolve(checkReply(method, args, value)),
      reject,
    });
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
    });
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
        this.#emit(checkEvent(unpack(reply.event)));
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
