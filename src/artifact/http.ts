import type { ArtifactBody } from "../base/artifact_body.ts";
import { DewyError, errorMessage, SourceError } from "../base/errors.ts";
import { STALL_MS, type TransferLimits } from "../base/transfer_limits.ts";
import { TransferWatch } from "../base/transfer_watch.ts";
import { describeUrl } from "../base/url.ts";
import { retryAfterMs } from "../client/object_failure.ts";
import type { ArtifactStore } from "./artifact_store.ts";

/** For the head of an answer, milliseconds. */
const ANSWER_MS = 30_000;

/** Downloads from any web server. */
export class HttpArtifactStore implements ArtifactStore {
  readonly #limits: TransferLimits;

  constructor(limits: TransferLimits = {}) {
    this.#limits = limits;
  }

  async open(url: string, signal: AbortSignal): Promise<ArtifactBody> {
    const { answerMs = ANSWER_MS, stallMs = STALL_MS } = this.#limits;
    signal.throwIfAborted();
    const subject = `Cannot download "${describeUrl(url)}"`;
    const watch = new TransferWatch(signal, (ms) =>
      new SourceError(
        "timeout",
        `${subject}: nothing came for ${ms / 1000} s`,
        { hint: "Check that the server runs and is not overloaded" },
      ));
    try {
      watch.expect(answerMs);
      const response = await request(url, watch.signal);
      watch.settle();
      await refuse(response, { url, subject });
      const stream = response.body ?? new Blob([]).stream();
      return {
        stream: watchedStream(stream, { watch, subject, ms: stallMs }),
        ...lengthOf(response),
      };
    } catch (cause) {
      watch[Symbol.dispose]();
      throw explain(cause, { signal: watch.signal, subject });
    }
  }
}

async function request(url: string, signal: AbortSignal): Promise<Response> {
  const address = new URL(url);
  const { username, password } = address;
  address.username = address.password = "";
  // Having said so, nothing is decompressed on the way: what is stored is what was published.
  const headers = new Headers({ "accept-encoding": "identity" });
  if (username !== "" || password !== "") {
    const user = [username, password].map(decodeURIComponent).join(":");
    const bytes = new TextEncoder().encode(user);
    headers.set("authorization", `Basic ${bytes.toBase64()}`);
  }
  return await fetch(address, { headers, signal });
}

interface Subject {
  readonly url: string;
  readonly subject: string;
}

async function refuse(response: Response, asked: Subject): Promise<void> {
  const problem = problemOf(response, asked);
  if (problem === undefined) return;
  await response.body?.cancel();
  throw problem;
}

function problemOf(
  response: Response,
  { url, subject }: Subject,
): SourceError | undefined {
  const { status } = response;
  if (status === 404 || status === 410) {
    return new SourceError("not-found", `${subject}: HTTP status ${status}`);
  }
  if (status === 401 || status === 403 || status === 407) {
    return new SourceError("denied", `${subject}: HTTP status ${status}`, {
      hint: "The server must let this host download it",
    });
  }
  if (status !== 200) {
    return new SourceError("unavailable", `${subject}: HTTP status ${status}`, {
      hint: status === 429 || status === 503
        ? "The server asks for fewer requests; dewy tries again by itself"
        : "The server has a problem of its own; dewy tries again by itself",
      retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
    });
  }
  if (url.startsWith("https:") && response.url.startsWith("http:")) {
    return new SourceError(
      "invalid",
      `${subject}: it was redirected to an address without TLS`,
    );
  }
  return undefined;
}

function lengthOf(response: Response): { readonly length?: number } {
  const length = response.headers.get("content-length");
  return length === null ? {} : { length: Number(length) };
}

interface WatchedOptions {
  readonly watch: TransferWatch;
  readonly subject: string;
  /** How long the next bytes may take, milliseconds. */
  readonly ms: number;
}

function watchedStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  { watch, subject, ms }: WatchedOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        watch.expect(ms);
        const { done, value } = await reader.read();
        watch.settle();
        if (!done) return controller.enqueue(value);
        watch[Symbol.dispose]();
        controller.close();
      } catch (cause) {
        const { signal } = watch;
        watch[Symbol.dispose]();
        controller.error(explain(cause, { signal, subject }));
      }
    },
    async cancel(reason) {
      watch[Symbol.dispose]();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

function explain(
  cause: unknown,
  facts: { readonly signal: AbortSignal; readonly subject: string },
): unknown {
  const { signal, subject } = facts;
  if (signal.aborted) return signal.reason;
  if (cause instanceof DewyError) return cause;
  return new SourceError("unavailable", subject, {
    hint: "Check the network and the name of the host",
    cause: new Error(reasonOf(cause)),
  });
}

/** What fetch says holds the address with its query, which may be signed; its own error is not kept. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error ? error.cause : undefined;
  return inner === undefined
    ? errorMessage(error).replace(/(https?:\/\/[^\s?#]*)[?#]\S*/g, "$1")
    : reasonOf(inner);
}
