import { basename, dirname, join, resolve } from "node:path";
import { ShortWay } from "../../admin/short_way.ts";
import { ConfigError, SourceError } from "../../base/errors.ts";
import { readText } from "../../base/read_text.ts";
import { notDewy, refusal, unreachable } from "./admin_failures.ts";

/** Where a running dewy answers. */
export type AdminPlace =
  | { readonly kind: "socket"; readonly path: string }
  | {
    readonly kind: "tcp";
    /** On the loopback address. */
    readonly port: number;
    /** What lets actions through; looking needs none. */
    readonly token: string | undefined;
  };

/** One request to the admin API. */
export interface AdminCall {
  /** Behind `/api/v1/`. */
  readonly path: string;
  /** Sent as JSON by POST; GET when left out. */
  readonly body?: object;
  /** Until the answer is there whole, milliseconds. */
  readonly limitMs: number;
}

/** Which events a stream begins with: those that are kept, or the next one. */
export type EventsFrom = "kept" | "new";

/** More than any status has, bytes. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** Until a stream of events begins, milliseconds. */
const STREAM_LIMIT_MS = 10_000;

/** Returns where a place is, for people. */
export function describePlace(place: AdminPlace): string {
  return place.kind === "socket"
    ? `socket "${place.path}"`
    : `port ${place.port}`;
}

/**
 * Reads the token of a file.
 *
 * @throws {ConfigError} When it cannot be read or holds none.
 */
export async function readToken(path: string): Promise<string> {
  try {
    const token = (await Deno.readTextFile(path)).trim();
    if (/^[\x21-\x7e]+$/.test(token)) return token;
  } catch (cause) {
    throw new ConfigError(`Cannot read the token of "${path}"`, { cause });
  }
  throw new ConfigError(`Cannot use the token of "${path}"`, {
    hint: "The file must hold one line of letters, digits and signs",
  });
}

/** Speaks to the admin API of one dewy; the form of the answers is docs/admin-api.md. */
export class AdminClient implements Disposable {
  readonly #place: AdminPlace;
  readonly #clients = new DisposableStack();

  constructor(place: AdminPlace) {
    this.#place = place;
  }

  /**
   * Returns the JSON of the answer.
   *
   * @throws {OperatorError} When dewy cannot be reached, or refuses.
   */
  async ask(call: AdminCall): Promise<unknown> {
    const limit = AbortSignal.timeout(call.limitMs);
    const response = await this.#send(call, limit);
    const { status, value } = await this.#read(response);
    if (status >= 200 && status < 300) return value;
    throw refusal(status, value, describePlace(this.#place));
  }

  /**
   * Returns the bytes of an answer that has no end: the events that are kept,
   * and those that come.
   *
   * @throws {OperatorError} When dewy cannot be reached, or refuses.
   */
  async stream(
    path: string,
    signal: AbortSignal,
    from: EventsFrom = "kept",
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const begin = new AbortController();
    const timer = setTimeout(() => begin.abort(), STREAM_LIMIT_MS);
    const either = AbortSignal.any([signal, begin.signal]);
    const response = await this.#send(
      { path, limitMs: STREAM_LIMIT_MS },
      either,
      from,
    )
      .finally(() => clearTimeout(timer));
    const type = response.headers.get("content-type") ?? "";
    if (response.ok && response.body !== null && /event-stream/.test(type)) {
      return response.body;
    }
    const { status, value } = await this.#read(response);
    throw response.ok
      ? notDewy(describePlace(this.#place))
      : refusal(status, value, describePlace(this.#place));
  }

  [Symbol.dispose](): void {
    this.#clients.dispose();
  }

  async #send(
    call: AdminCall,
    signal: AbortSignal,
    from: EventsFrom = "new",
  ): Promise<Response> {
    const place = this.#place;
    try {
      const init = this.#init(call, signal, from);
      const url = `${this.#origin}/api/v1/${call.path}`;
      if (place.kind === "tcp") return await fetch(url, init);
      const path = resolve(place.path);
      const name = basename(path);
      // Only until it is connected: whoever interrupts a command leaves nothing.
      await using way = await ShortWay.to(dirname(path), name);
      const client = this.#connectBy(join(way.path, name));
      return await fetch(url, { ...init, client });
    } catch (cause) {
      throw unreachable(place, cause);
    }
  }

  #connectBy(path: string): Deno.HttpClient {
    const client = Deno.createHttpClient({
      proxy: { transport: "unix", path },
      poolMaxIdlePerHost: 0,
    });
    this.#clients.adopt(client, (client) => client.close());
    return client;
  }

  #init(
    call: AdminCall,
    signal: AbortSignal,
    from: EventsFrom,
  ): RequestInit {
    return {
      method: call.body === undefined ? "GET" : "POST",
      headers: this.#headers(call, from),
      redirect: "manual",
      signal,
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    };
  }

  get #origin(): string {
    // The name stands for the socket: it is never resolved.
    return this.#place.kind === "socket"
      ? "http://localhost"
      : `http://127.0.0.1:${this.#place.port}`;
  }

  #headers(call: AdminCall, from: EventsFrom): Record<string, string> {
    const token = this.#place.kind === "tcp" ? this.#place.token : undefined;
    return {
      // All that are kept: none has this number.
      ...(from === "kept" ? { "last-event-id": "0" } : {}),
      ...(call.body === undefined
        ? {}
        : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  async #read(
    response: Response,
  ): Promise<{ readonly status: number; readonly value: unknown }> {
    const { status, body } = response;
    const where = describePlace(this.#place);
    try {
      const text = body === null ? "" : await readText(body, {
        what: `The answer of ${where}`,
        maxBytes: MAX_ANSWER_BYTES,
      });
      return { status, value: JSON.parse(text) };
    } catch (cause) {
      const isOther = cause instanceof SyntaxError ||
        cause instanceof SourceError;
      throw isOther ? notDewy(where) : unreachable(this.#place, cause);
    }
  }
}
