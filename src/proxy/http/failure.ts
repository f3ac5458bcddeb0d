import type { ProxyErrorReason } from "../meter.ts";

const UNAVAILABLE: ReadonlySet<ProxyErrorReason> = new Set([
  "no-backend",
  "too-many-connections",
]);

/** Returns the status that a client is told when a backend failed it. */
export function statusOf(reason: ProxyErrorReason): number {
  if (UNAVAILABLE.has(reason)) return 503;
  return reason.endsWith("-timeout") ? 504 : 502;
}

/** An answer of the proxy itself; `Dewy-Error` has the reason. */
export function failure(status: number, reason: ProxyErrorReason): Response {
  const headers = new Headers({
    "content-type": "text/plain; charset=utf-8",
    "dewy-error": reason,
  });
  if (status === 503) headers.set("retry-after", "1");
  // What is left of a request that was not taken must not be read as the next one.
  if (status < 500) headers.set("connection", "close");
  return new Response(`${status} ${reason}\n`, { status, headers });
}

/** Takes the body of an answer of the proxy away, as HEAD wants it: over HTTP/2 the server would send it. */
export function withoutBody(response: Response): Response {
  if (!response.headers.has("dewy-error")) return response;
  return new Response(null, response);
}
