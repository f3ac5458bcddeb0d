import { SourceError } from "../base/errors.ts";

/** One container, as `GET /api/containers` has it; names and forms are the original's. */
export interface ContainerEntry {
  readonly id: string;
  readonly name: string;
  /** `ghcr.io/acme/web:v1.2.3`. */
  readonly image: string;
  readonly status: string;
  /** `127.0.0.1:49152`; empty when no port is published. */
  readonly "ip_port": string;
  /** RFC 3339. */
  readonly "started_at": string;
  readonly "deployed_at": string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What `GET /api/status` has; keys in the order of the alphabet, as the original writes them. */
export interface StatusEntry {
  /** 0 server, 1 assets, 2 container. */
  readonly command: 0 | 1 | 2;
  readonly "current_version": string;
  /** Whether a program runs; only ever true in server mode. */
  readonly "is_running": boolean;
  readonly name: string;
  /** Backends over all ports of the proxy. */
  readonly "proxy_backends": number;
}

/** Who answers questions about dewy. */
export interface AdminAnswers {
  readonly containers: (
    signal: AbortSignal,
  ) => Promise<readonly ContainerEntry[]>;
  readonly status: () => StatusEntry;
  /** Prometheus text; left out without telemetry. */
  readonly metrics?: (signal: AbortSignal) => Promise<Response>;
}

/** A running admin API. */
export interface AdminApi extends AsyncDisposable {
  readonly port: number;
}

/** So many ports are tried, counted up from the first. */
export const ADMIN_PORTS_TRIED = 10;

/** An admin API is for this host: a page that a browser loaded from elsewhere has another name. */
const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;

/**
 * Serves the admin API on the loopback address, on `firstPort` or one of the
 * nine after it.
 *
 * @throws {SourceError} When none of them is free.
 */
export function startAdminApi(
  firstPort: number,
  answers: AdminAnswers,
): AdminApi {
  for (let at = 0; at < ADMIN_PORTS_TRIED; at++) {
    const port = firstPort + at;
    try {
      const server = Deno.serve({
        hostname: "127.0.0.1",
        port,
        onListen: () => {},
      }, (request) => answer(request, answers));
      return { port, [Symbol.asyncDispose]: () => server.shutdown() };
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new SourceError(
    "unavailable",
    `Cannot open the admin API: ports ${firstPort} to ${
      firstPort + ADMIN_PORTS_TRIED - 1
    } are in use`,
    { hint: "Choose others with --admin-port" },
  );
}

async function answer(
  request: Request,
  answers: AdminAnswers,
): Promise<Response> {
  if (!LOCAL_HOST.test(request.headers.get("host") ?? "")) {
    return text(403, "Forbidden");
  }
  const { pathname } = new URL(request.url);
  if (pathname === "/metrics" && answers.metrics !== undefined) {
    return await answers.metrics(request.signal);
  }
  if (pathname !== "/api/containers" && pathname !== "/api/status") {
    return text(404, "404 page not found");
  }
  if (request.method !== "GET") return text(405, "Method not allowed");
  try {
    return json(
      pathname === "/api/status"
        ? answers.status()
        : { containers: await answers.containers(request.signal) },
    );
  } catch {
    // The engine's trouble is told in the log; a client can do nothing with it.
    return text(500, "Internal server error");
  }
}

function json(value: unknown): Response {
  return new Response(`${JSON.stringify(value)}\n`, {
    headers: { "content-type": "application/json" },
  });
}

function text(status: number, words: string): Response {
  return new Response(`${words}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8" },
  });
}
