import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type AdminReply,
  type AdminRequest,
  type Door,
  type Handle,
  HttpError,
} from "./message.ts";
import { errorReply } from "./replies.ts";
import { sendReply } from "./send_reply.ts";

/** What one exchange may take. */
export interface ExchangeLimits {
  /** Of a body. */
  readonly maxBodyBytes: number;
  /** For a whole body, milliseconds. */
  readonly bodyMs: number;
  /** For a client to take what it is sent, milliseconds. */
  readonly takeMs: number;
}

/** What {@link exchange} works with. */
export interface ExchangeOptions extends ExchangeLimits {
  readonly door: Door;
  readonly handle: Handle;
  /** Aborted when dewy stops. */
  readonly signal: AbortSignal;
  /** Hears of what no part of the API expected. */
  readonly onDefect: (error: unknown) => void;
}

/** Answers one request; it never rejects. */
export async function exchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: ExchangeOptions,
): Promise<void> {
  const left = new AbortController();
  outgoing.once("close", () => left.abort());
  const signal = AbortSignal.any([left.signal, options.signal]);
  const request = toRequest(incoming, signal, options);
  const reply = await answer(request, options);
  try {
    await sendReply(outgoing, {
      reply,
      isHead: request.method === "HEAD",
      takeMs: options.takeMs,
      left: left.signal,
    });
  } catch (error) {
    // The answer has begun; a connection that breaks is all that can tell.
    if (!signal.aborted) options.onDefect(error);
    outgoing.destroy();
  }
}

async function answer(
  request: AdminRequest,
  { handle, onDefect }: ExchangeOptions,
): Promise<AdminReply> {
  try {
    return await handle(request);
  } catch (error) {
    if (error instanceof HttpError) return errorReply(error);
    if (!request.signal.aborted) onDefect(error);
    return errorReply(
      new HttpError(500, "internal", "Cannot answer: dewy has a defect", {
        hint: "Look into dewy's log",
      }),
    );
  }
}

function toRequest(
  incoming: IncomingMessage,
  signal: AbortSignal,
  { door, ...limits }: ExchangeOptions,
): AdminRequest {
  const headers = new Map<string, string[]>();
  const { rawHeaders } = incoming;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase();
    const values = headers.get(name) ?? [];
    headers.set(name, [...values, rawHeaders[at + 1] ?? ""]);
  }
  const { authority, path } = splitTarget(incoming.url ?? "");
  // The target goes before the header (RFC 9112, 3.2.2).
  if (authority !== undefined) headers.set("host", [authority]);
  return {
    door,
    method: incoming.method ?? "",
    path,
    headers,
    signal,
    body: () => readBody(incoming, limits),
  };
}

/** Takes a request target apart, in origin-form or in the absolute-form that clients of a proxy use. */
function splitTarget(target: string): {
  readonly authority: string | undefined;
  readonly path: string;
} {
  const [, authority, rest = target] =
    /^http:\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
  const [path = ""] = rest.split("?");
  return { authority, path };
}

/** @throws {HttpError} When the body is too large, too slow, or breaks off. */
async function readBody(
  incoming: IncomingMessage,
  { maxBodyBytes, bodyMs }: ExchangeLimits,
): Promise<string> {
  if (Number(incoming.headers["content-length"] ?? 0) > maxBodyBytes) {
    throw tooLarge(maxBodyBytes);
  }
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    incoming.emit("error", new Error("late"));
  }, bodyMs);
  try {
    return await collect(incoming, maxBodyBytes);
  } catch (error) {
    if (error instanceof HttpError) throw error;
    if (!isLate) {
      throw new HttpError(400, "invalid", "The body broke off");
    }
    throw new HttpError(
      408,
      "timeout",
      `The body took longer than ${bodyMs / 1000} s`,
    );
  } finally {
    clearTimeout(timer);
  }
}

function collect(incoming: IncomingMessage, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  return new Promise((resolve, reject) => {
    incoming.on("data", (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes > limit) reject(tooLarge(limit));
      else text += decoder.decode(chunk, { stream: true });
    });
    incoming.on("end", () => resolve(text + decoder.decode()));
    incoming.on("error", reject);
    incoming.on("close", () => reject(new Error("closed")));
  });
}

function tooLarge(limit: number): HttpError {
  return new HttpError(
    413,
    "too-large",
    `The body is larger than ${limit} bytes`,
  );
}
