import type { EmitEvent } from "../base/event.ts";
import { type AdminRequest, headerOf, HttpError } from "./message.ts";
import type { TokenGuard } from "./token.ts";

/** Names of this host: a page that a browser loaded from elsewhere has another one, even when that leads here. */
const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;
/** What a browser says of requests that a page of this API makes, or the user by the address bar. */
const OWN_SITES = ["same-origin", "none"];
const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i;

/**
 * Refuses what a web page from elsewhere makes a browser send here.
 *
 * @throws {HttpError} 403
 */
export function refuseForeign(request: AdminRequest): void {
  const host = headerOf(request, "host") ?? "";
  if (!LOCAL_HOST.test(host)) {
    throw forbidden(
      "The Host header does not name this host",
      "Use http://127.0.0.1 or http://localhost",
    );
  }
  const origins = request.headers.get("origin") ?? [];
  const own = `http://${host}`.toLowerCase();
  if (origins.some((origin) => origin.toLowerCase() !== own)) {
    throw forbidden("The request comes from a page of another origin");
  }
  const site = headerOf(request, "sec-fetch-site") ?? "none";
  if (OWN_SITES.includes(site) || isNavigation(request)) return;
  throw forbidden("The request comes from a page of another site");
}

/** Somebody followed a link to the status page; nothing else can read what it shows. */
function isNavigation(request: AdminRequest): boolean {
  return request.method === "GET" && request.path === "/" &&
    headerOf(request, "sec-fetch-mode") === "navigate" &&
    headerOf(request, "sec-fetch-dest") === "document";
}

/** What decides who may act. */
export interface Permission {
  readonly guard: TokenGuard;
  readonly emit: EmitEvent;
}

/**
 * Returns whether the client may act: by the socket, or with the token.
 *
 * @throws {HttpError} 401 for a wrong token, 429 after too many of them.
 */
export async function mayAct(
  request: AdminRequest,
  { guard, emit }: Permission,
): Promise<boolean> {
  if (request.door === "socket") return true;
  if (!request.headers.has("authorization")) return false;
  const [, token = ""] =
    /^Bearer +(\S+) *$/i.exec(headerOf(request, "authorization") ?? "") ?? [];
  const verdict = await guard.check(token);
  switch (verdict.kind) {
    case "right":
      return true;
    case "wrong":
      if (verdict.isLast) emit({ type: "admin-token-locked" });
      throw unauthorized("The token is wrong");
    case "locked":
      throw new HttpError(
        429,
        "too-many-attempts",
        "Too many wrong tokens",
        {
          hint: "Wait, or use the Unix socket",
          headers: {
            "retry-after": String(Math.ceil(verdict.retryInMs / 1000)),
          },
        },
      );
    default:
      return verdict satisfies never;
  }
}

/** @throws {HttpError} 401 when the client may not act. */
export async function requirePermission(
  request: AdminRequest,
  permission: Permission,
): Promise<void> {
  if (await mayAct(request, permission)) return;
  const { guard } = permission;
  throw unauthorized(
    guard.isSet
      ? "This needs a token"
      : "Actions are not accepted here: no token is set",
    guard.isSet
      ? 'Send "Authorization: Bearer TOKEN", or use the Unix socket'
      : "Use the Unix socket, or start dewy with --admin-token-file",
  );
}

/**
 * Reads the body of an action: a form that a page elsewhere sends has no such
 * type, and a script there may not set it.
 *
 * @throws {HttpError} 415 for another type, 400 when it is no JSON object.
 */
export async function readJson(
  request: AdminRequest,
): Promise<Readonly<Record<string, unknown>>> {
  if (!JSON_TYPE.test(headerOf(request, "content-type") ?? "")) {
    throw new HttpError(415, "invalid", "The body must be JSON", {
      hint: 'Send "Content-Type: application/json"',
    });
  }
  const text = await request.body();
  const value = parse(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return { ...value };
  }
  throw new HttpError(400, "invalid", "The body must be a JSON object", {
    hint: "Send {} when there is nothing to say",
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function forbidden(message: string, hint?: string): HttpError {
  return new HttpError(403, "forbidden", message, { hint });
}

function unauthorized(message: string, hint?: string): HttpError {
  return new HttpError(401, "unauthorized", message, {
    hint,
    headers: { "www-authenticate": 'Bearer realm="dewy"' },
  });
}
