import type { ArtifactBody } from "../base/artifact_body.ts";
import { DewyError, errorMessage, SourceError } from "../base/errors.ts";
import { STALL_MS, type TransferLimits } from "../base/transfer_limits.ts";
import { TransferWatch } from "../base/transfer_watch.ts";
import { describeUrl } from "../base/url.ts";
import { guardBody } from "../client/object_body.ts";
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
    const stalled = (ms: number) =>
      new SourceError(
        "timeout",
        `${subject}: nothing came for ${ms / 1000} s`,
        { hint: "Check that the server runs and is not overloaded" },
      );
    // Not disposed of after a success: the body, too, ends with the signal.
    const watch = new TransferWatch(signal, stalled);
    try {
      watch.expect(answerMs);
      const response = await request(url, watch.signal);
      watch.settle();
      await refuse(response, { url, subject });
      return guardBody(response.body ?? new Blob([]).stream(), {
        errors: { stalled, brokenOff: (cause) => brokenOff(cause, subject) },
        length: lengthOf(response),
        signal,
        stallMs,
      });
    } catch (cause) {
      watch[Symbol.dispose]();
      throw watch.signal.aborted
        ? watch.signal.reason
        : brokenOff(cause, subject);
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

function lengthOf(response: Response): number | undefined {
  const length = response.headers.get("content-length");
  return length === null ? undefined : Number(length);
}

function brokenOff(cause: unknown, subject: string): DewyError {
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
