import { SourceError } from "../base/errors.ts";
import { VERSION_INFO } from "../base/version_info.ts";
import { notAllowed } from "./github_fetch.ts";
import { retryAfterMs } from "./object_failure.ts";

/** How dewy names itself. */
export const USER_AGENT = `dewy/${VERSION_INFO.version}`;

const MAX_HOPS = 5;
/** A download of which nothing arrives for so long is given up, milliseconds. */
const STALL_MS = 60_000;

/** A download as it arrives. */
export type ByteStream = ReadableStream<Uint8Array<ArrayBuffer>>;

/** What {@link followDownload} starts from. */
export interface DownloadStart {
  /** Where the API sent us. */
  readonly location: string;
  /** The address of the API. */
  readonly from: string;
  readonly signal: AbortSignal;
}

/**
 * Asks the storage host for the bytes, without any credentials, and follows its
 * redirects; from https never to http.
 *
 * @throws {SourceError} When it does not give them. Addresses are signed, so only the host is named.
 */
export async function followDownload(
  { location, from, signal }: DownloadStart,
): Promise<ByteStream> {
  let url = nextUrl(location, from);
  for (let hops = 0; hops < MAX_HOPS; hops++) {
    const response = await ask(url, signal);
    const next = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || next === null) {
      return await bodyOf(response, url);
    }
    await response.body?.cancel();
    url = nextUrl(next, url.href);
  }
  throw new SourceError(
    "invalid",
    `Storage host "${url.host}" redirects without end`,
  );
}

async function ask(url: URL, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, {
      signal,
      redirect: "manual",
      headers: {
        accept: "application/octet-stream",
        // What is hashed and counted is what was uploaded.
        "accept-encoding": "identity",
        "user-agent": USER_AGENT,
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Deno.errors.NotCapable) throw notAllowed(url);
    // What fetch says of it holds the signed address.
    throw new SourceError(
      "unavailable",
      `Storage host "${url.host}" cannot be reached`,
      { hint: "Downloads come from another host than the API: allow it, too" },
    );
  }
}

async function bodyOf(response: Response, url: URL): Promise<ByteStream> {
  const { status, body, headers } = response;
  if (status === 200 && body !== null) return body;
  await body?.cancel();
  throw new SourceError(
    status === 404 || status === 410 ? "not-found" : "unavailable",
    `Storage host "${url.host}" answers with status ${status}`,
    {
      hint: "See https://www.githubstatus.com; dewy tries again by itself",
      retryAfterMs: retryAfterMs(headers.get("retry-after")),
    },
  );
}

function nextUrl(location: string, from: string): URL {
  const url = URL.parse(location, from);
  const isSafe = url?.protocol === "https:" ||
    (url?.protocol === "http:" && from.startsWith("http:"));
  if (url !== null && isSafe) return url;
  throw new SourceError(
    "invalid",
    "The download is redirected to an address that is not safe",
    { hint: "A download that begins with https stays with https" },
  );
}

/** How {@link guardStream} watches. */
export interface GuardOptions {
  /** As it reads after "Cannot": `download "app.tar.gz"`. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** @default 60,000 */
  readonly stallMs?: number;
}

/**
 * Passes `source` on as fast as it is read, holding one chunk. Its end by abort
 * has the signal's reason; one that stalls or breaks off is a `SourceError`.
 */
export function guardStream(
  source: ByteStream,
  { what, signal, stallMs = STALL_MS }: GuardOptions,
): ByteStream {
  const reader = source.getReader();
  const stop = new AbortController();
  let onAbort = () => {};
  const close = () => signal.removeEventListener("abort", onAbort);
  return new ReadableStream({
    start(controller) {
      onAbort = () => {
        stop.abort(signal.reason);
        controller.error(signal.reason);
        reader.cancel(signal.reason).catch(() => {});
      };
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
    },
    async pull(controller) {
      try {
        const { done, value } = await readWithin(reader, { stop, stallMs });
        if (!done) return controller.enqueue(value);
        close();
        controller.close();
      } catch (error) {
        close();
        reader.cancel(error).catch(() => {});
        throw explain({ what, stop, signal });
      }
    },
    async cancel(reason) {
      close();
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

async function readWithin(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  { stop, stallMs }: {
    readonly stop: AbortController;
    readonly stallMs: number;
  },
) {
  const { signal } = stop;
  const { promise, reject } = Promise.withResolvers<never>();
  const onStop = () => reject(signal.reason);
  signal.addEventListener("abort", onStop, { once: true });
  const timer = setTimeout(() => {
    stop.abort(
      new SourceError("timeout", `Nothing arrived for ${stallMs / 1000} s`),
    );
  }, stallMs);
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, reader.read()]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onStop);
  }
}

/** What the failed read says may hold the signed address, so it is not kept. */
function explain(
  { what, stop, signal }: {
    readonly what: string;
    readonly stop: AbortController;
    readonly signal: AbortSignal;
  },
): unknown {
  if (signal.aborted) return signal.reason;
  const code = stop.signal.aborted ? "timeout" : "unavailable";
  const reason = stop.signal.aborted ? "it stalled" : "it broke off";
  return new SourceError(code, `Cannot ${what}: ${reason}`, {
    hint: "Check the network; dewy tries again by itself",
  });
}
