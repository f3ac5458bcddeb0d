import { abortable } from "../base/abortable.ts";
import { SourceError } from "../base/errors.ts";
import { readStart, readText } from "../base/read_text.ts";
import { TransferWatch } from "../base/transfer_watch.ts";
import type { EngineAddress } from "./engine_address.ts";
import {
  type EngineQuestion,
  explainSilence,
  explainStatus,
} from "./engine_errors.ts";

/** One request to a container engine. */
export interface EngineCall extends EngineQuestion {
  readonly method: "GET" | "POST" | "DELETE";
  /** Behind the version, `/containers/json`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: object;
  /** Until the answer is there whole, or begins when it is a stream, milliseconds; `Infinity` for no limit. */
  readonly limitMs: number;
  /** Statuses beside 2xx that mean it is done. */
  readonly alsoOk?: readonly number[];
}

/** How a stream is read. */
export interface StreamOptions {
  /** Until the next part comes, milliseconds; `Infinity` for no limit. */
  readonly stallMs: number;
  /** The answer has begun. */
  readonly onOpen: () => void;
}

/** The name stands for the socket: it is never resolved. */
const ORIGIN = "http://docker.invalid";
/** A list of all containers has about 1 KB for each. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

/** Speaks HTTP on the socket of a container engine. */
export class EngineHttp implements Disposable {
  readonly #address: EngineAddress;
  readonly #client: Deno.HttpClient;

  constructor(address: EngineAddress) {
    this.#address = address;
    this.#client = Deno.createHttpClient({
      proxy: { transport: "unix", path: address.path },
      // One that was kept open would fail after a restart of the engine.
      poolMaxIdlePerHost: 0,
    });
  }

  /** Returns the text of the answer. */
  async text(call: EngineCall, signal: AbortSignal): Promise<string> {
    using watch = watchOf(call, signal);
    expectAnswer(watch, call.limitMs);
    return await this.#explained(call, watch.signal, async () => {
      const response = await this.#send(call, watch.signal);
      if (response.body === null) return "";
      const what = `The answer to "${call.what}"`;
      const options = { what, maxBytes: MAX_ANSWER_BYTES };
      const reading = readText(response.body, options);
      return await abortable(reading, watch.signal);
    });
  }

  /** Returns the bytes with which the answer begins, and whether these are all. */
  async start(
    call: EngineCall,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    using watch = watchOf(call, signal);
    expectAnswer(watch, call.limitMs);
    return await this.#explained(call, watch.signal, async () => {
      const { body } = await this.#send(call, watch.signal);
      return body === null
        ? new Uint8Array()
        : (await readStart(body, maxBytes)).bytes;
    });
  }

  /** Yields the parts of an answer as they come. */
  async *stream(
    call: EngineCall,
    { stallMs, onOpen }: StreamOptions,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    using watch = watchOf(call, signal);
    const explained = <T>(task: () => Promise<T>) =>
      this.#explained(call, watch.signal, task);
    expectAnswer(watch, call.limitMs);
    const { body } = await explained(() => this.#send(call, watch.signal));
    watch.settle();
    onOpen();
    if (body === null) return;
    const reader = body.getReader();
    // The signal of a fetch ends the body of the answer as a rule only: what
    // links the two may be collected once the head is there.
    const onAbort = () => void reader.cancel().catch(() => {});
    watch.signal.addEventListener("abort", onAbort, { once: true });
    let isPaused = false;
    try {
      while (true) {
        expectAnswer(watch, stallMs);
        const { done, value } = await explained(() => reader.read());
        watch.signal.throwIfAborted();
        if (done) return;
        // The time that the caller takes is not the engine's.
        watch.settle();
        isPaused = true;
        yield value;
        isPaused = false;
      }
    } finally {
      // The caller wants no more.
      if (isPaused) await reader.cancel();
    }
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  async #send(call: EngineCall, signal: AbortSignal): Promise<Response> {
    const { method, path, query = {}, headers = {}, body } = call;
    const search = new URLSearchParams(query).toString();
    const url = `${ORIGIN}${path}${search === "" ? "" : `?${search}`}`;
    const response = await fetch(url, {
      method,
      client: this.#client,
      redirect: "manual",
      signal,
      headers: body === undefined
        ? headers
        : { ...headers, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { ok, status } = response;
    if (ok || call.alsoOk?.includes(status)) return response;
    throw explainStatus(status, await saidIn(response), call);
  }

  async #explained<T>(
    call: EngineCall,
    signal: AbortSignal,
    task: () => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    try {
      return await task();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof SourceError) throw error;
      throw await explainSilence(error, call, this.#address);
    }
  }
}

/** @param ms `Infinity` for no limit, which a timer cannot have. */
function expectAnswer(watch: TransferWatch, ms: number): void {
  if (Number.isFinite(ms)) watch.expect(ms);
}

function watchOf(
  { what }: EngineCall,
  signal: AbortSignal,
): TransferWatch {
  return new TransferWatch(signal, (ms) =>
    new SourceError(
      "timeout",
      `Cannot ${what}: no answer from the container engine in ${ms / 1000} s`,
      { hint: "Look whether the engine hangs: its log, and docker ps" },
    ));
}

/** Returns what an engine says in an answer that is no success. */
async function saidIn({ body }: Response): Promise<string> {
  if (body === null) return "";
  const { bytes } = await readStart(body, MAX_ERROR_BYTES);
  return saidBy(new TextDecoder().decode(bytes));
}

/** Returns the message in the text of an error: `{"message": …}`, or the text itself. */
function saidBy(text: string): string {
  try {
    const json: { message?: unknown } | null = JSON.parse(text);
    return typeof json?.message === "string" ? json.message : text;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
