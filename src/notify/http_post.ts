import { errorMessage, SourceError } from "../base/errors.ts";
import { readStart } from "../base/read_text.ts";

/** More than any answer says that is of use, bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** A request that carries a message. */
export interface HttpPost {
  /** How an error calls the receiver: nothing secret. */
  readonly receiver: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For authorities of its own. */
  readonly client?: Deno.HttpClient | undefined;
}

/** What was answered. */
export interface HttpAnswer {
  readonly status: number;
  /** Begin of the body. */
  readonly text: string;
  /** `Retry-After`, milliseconds; 0 without one. */
  readonly retryAfterMs: number;
}

/**
 * Sends a message by POST; redirects are not followed, since nobody else is to
 * get its token or signature.
 *
 * @throws {SourceError} `unavailable` when there is no answer.
 */
export async function httpPost(
  { receiver, url, headers, body, client }: HttpPost,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: { "user-agent": "dewy", ...headers },
      body,
      signal,
      ...(client === undefined ? {} : { client }),
    });
    const { bytes } = response.body === null
      ? { bytes: new Uint8Array() }
      : await readStart(response.body, MAX_ANSWER_BYTES);
    return {
      status: response.status,
      text: new TextDecoder().decode(bytes),
      retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
    };
  } catch (error) {
    signal.throwIfAborted();
    throw new SourceError(
      "unavailable",
      `Cannot reach ${receiver}: ${reasonOf(error)}`,
      { hint: "Check its address, the network and its certificate" },
    );
  }
}

/** Returns why a request failed without its URL, whose path may be a secret. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const why = cause === undefined ? errorMessage(error) : reasonOf(cause);
  return why.replace(/ for url \(.*\)(?=:|$)/s, "");
}

/** Reads `Retry-After` (RFC 9110, 10.2.3): seconds or a date. */
function retryAfterMs(text: string | null): number {
  if (text === null) return 0;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : Math.max(0, at - Date.now());
}
