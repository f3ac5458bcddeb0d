import { SourceError } from "../base/errors.ts";
import { VERSION_INFO } from "../base/version_info.ts";
import { notAllowed } from "./github_fetch.ts";
import type { BodyErrors } from "./object_body.ts";
import { retryAfterMs } from "./object_failure.ts";

/** How dewy names itself. */
export const USER_AGENT = `dewy/${VERSION_INFO.version}`;

const MAX_HOPS = 5;

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

/**
 * Returns how a download that ends badly is told. What the failed read says may
 * hold the signed address, so it is not kept.
 *
 * @param what As it reads after "Cannot": `download "app.tar.gz"`.
 */
export function downloadErrors(what: string): BodyErrors {
  const hint = "Check the network; dewy tries again by itself";
  return {
    stalled: () =>
      new SourceError("timeout", `Cannot ${what}: it stalled`, { hint }),
    brokenOff: () =>
      new SourceError("unavailable", `Cannot ${what}: it broke off`, { hint }),
  };
}
