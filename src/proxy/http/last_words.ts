import type { ProxyErrorReason } from "../meter.ts";

/** How long a client that says no more gets what it was not answered yet, milliseconds. */
export const LAST_ANSWER_MS = 500;

/** What a client is told outside of any request. */
export interface LastWords {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** For a client that takes too long for the head of a request. */
export const TOO_LATE = words(408, "Request Timeout", "request-invalid");
/** For a client too many. */
export const TOO_MANY = words(
  503,
  "Service Unavailable",
  "too-many-connections",
);

/**
 * Reads on until the client ends, or calls `onLate`: what is left unread would
 * take the last word away from it.
 *
 * @throws When the connection breaks.
 */
export async function linger(
  client: Pick<Deno.Conn, "read">,
  onLate: () => void,
): Promise<void> {
  const timer = setTimeout(onLate, LAST_ANSWER_MS);
  try {
    const buffer = new Uint8Array(4 * 1024);
    while (await client.read(buffer) !== null);
  } finally {
    clearTimeout(timer);
  }
}

function words(
  status: number,
  phrase: string,
  reason: ProxyErrorReason,
): LastWords {
  const again = status === 503 ? "retry-after: 1\r\n" : "";
  const bytes = new TextEncoder().encode(
    `HTTP/1.1 ${status} ${phrase}\r\ncontent-length: 0\r\n` +
      `connection: close\r\n${again}dewy-error: ${reason}\r\n\r\n`,
  );
  return { status, bytes };
}
