import { SourceError } from "../base/errors.ts";
import type { EngineAddress } from "./engine_address.ts";
import { type EngineCall, EngineHttp } from "./engine_http.ts";
import { linesOf, parseAnswer } from "./engine_lines.ts";
import type { EngineInfo, EngineVersion } from "./engine_types.ts";
import { negotiate, type RawVersion } from "./engine_version.ts";

/** How long an engine may keep dewy waiting, milliseconds. */
export interface EngineLimits {
  /** Until an answer is there. @default 30,000 */
  readonly answerMs?: number;
  /** Until a pull makes progress: Podman is silent during a layer. @default 600,000 */
  readonly pullStallMs?: number;
}

/** A call, but for what is the same for most. */
export type EngineAsk =
  & Omit<EngineCall, "method" | "limitMs">
  & Partial<EngineCall>;

const ANSWER_MS = 30_000;
const PULL_STALL_MS = 10 * 60_000;

interface RawInfo {
  readonly ID?: string;
  readonly Name?: string;
  readonly Driver?: string;
  readonly OperatingSystem?: string;
  readonly NCPU?: number;
  readonly MemTotal?: number;
}

/** Calls to a container engine in the version that was agreed on. */
export class EngineSession implements Disposable {
  /** Until an answer is there, milliseconds. */
  protected readonly answerMs: number;
  /** Until a pull makes progress, milliseconds. */
  protected readonly pullStallMs: number;
  readonly #http: EngineHttp;
  #version: EngineVersion | undefined;

  constructor(address: EngineAddress, limits: EngineLimits = {}) {
    this.#http = new EngineHttp(address);
    this.answerMs = limits.answerMs ?? ANSWER_MS;
    this.pullStallMs = limits.pullStallMs ?? PULL_STALL_MS;
  }

  async version(signal: AbortSignal): Promise<EngineVersion> {
    const what = "ask the container engine for its version";
    const call = this.#call({ what, path: "/version" });
    const text = await this.#http.text(call, signal);
    this.#version = negotiate(parseAnswer<RawVersion>(text, what));
    return this.#version;
  }

  async info(signal: AbortSignal): Promise<EngineInfo> {
    const what = "ask the container engine about its host";
    const raw = await this.json<RawInfo>({ what, path: "/info" }, signal);
    return {
      id: raw.ID ?? "",
      hostName: raw.Name ?? "",
      storageDriver: raw.Driver ?? "",
      operatingSystem: raw.OperatingSystem ?? "",
      cpus: raw.NCPU ?? 0,
      memoryBytes: raw.MemTotal ?? 0,
    };
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }

  protected async json<T>(ask: EngineAsk, signal: AbortSignal): Promise<T> {
    return parseAnswer<T>(await this.text(ask, signal), ask.what);
  }

  protected text(ask: EngineAsk, signal: AbortSignal): Promise<string> {
    return this.#asked(signal, ask, (call) => this.#http.text(call, signal));
  }

  /** Returns the first `maxBytes` of the answer. */
  protected bytes(
    ask: EngineAsk,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    return this.#asked(
      signal,
      ask,
      (call) => this.#http.start(call, maxBytes, signal),
    );
  }

  /**
   * Yields the lines of an answer that comes bit by bit.
   *
   * @param stallMs Until the next one comes, milliseconds; `Infinity` for no limit.
   */
  protected async *lines(
    ask: EngineAsk & { readonly onOpen?: (() => void) | undefined },
    stallMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const { onOpen = () => {} } = ask;
    const open = async (call: EngineCall) => {
      const parts = this.#http.stream(call, { stallMs, onOpen }, signal);
      // Only this far can the engine refuse the version.
      const first = await parts.next();
      return { first, parts };
    };
    const { first, parts } = await this.#asked(signal, ask, open);
    if (first.done) return;
    yield* linesOf(chain(first.value, parts));
  }

  /** Runs a call in the agreed version, which is forgotten with an engine that went: the next one may be another. */
  async #asked<T>(
    signal: AbortSignal,
    ask: EngineAsk,
    task: (call: EngineCall) => Promise<T>,
  ): Promise<T> {
    const { api } = this.#version ?? await this.version(signal);
    const path = `/v${api}${ask.path}`;
    try {
      return await task(this.#call({ ...ask, path }));
    } catch (error) {
      if (isGone(error)) this.#version = undefined;
      throw error;
    }
  }

  #call(ask: EngineAsk): EngineCall {
    return { method: "GET", limitMs: this.answerMs, ...ask };
  }
}

function isGone(error: unknown): boolean {
  if (!(error instanceof SourceError)) return false;
  return error.code === "unavailable" || error.code === "timeout";
}

async function* chain(
  first: Uint8Array,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
