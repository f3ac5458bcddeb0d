import type { AdminReply, HttpError } from "./message.ts";

/** What every answer carries: it is for nobody else's page, frame or cache. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** An answer of JSON, its end a newline as the original has it. */
export function jsonReply(value: unknown, status = 200): AdminReply {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: `${JSON.stringify(value)}\n`,
  };
}

/** An answer of one line, as the original gives it. */
export function textReply(status: number, words: string): AdminReply {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8" },
    body: `${words}\n`,
  };
}

/** The answer to a request that is refused. */
export function errorReply(error: HttpError): AdminReply {
  const { code, message, status, options: { hint, headers } } = error;
  const reply = jsonReply({
    error: { code, message, ...(hint === undefined ? {} : { hint }) },
  }, status);
  return { ...reply, headers: { ...reply.headers, ...headers } };
}
