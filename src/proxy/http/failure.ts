import type { Meter, ProxyErrorReason } from "../meter.ts";
import { BackendFault, ClientFault } from "./fault.ts";

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

/**
 * Returns what a client is told when its request failed, and counts it.
 *
 * @throws `error` itself when it is no fault of a backend or a client.
 */
export function explain(error: unknown, meter: Meter): Response {
  if (error instanceof ClientFault) {
    return failure(error.isLate ? 408 : 400, "request-invalid");
  }
  if (!(error instanceof BackendFault)) throw error;
  meter.failed(error.reason);
  return failure(statusOf(error.reason), error.reason);
}
