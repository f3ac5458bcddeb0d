import type { EmitEvent } from "../base/event.ts";
import { type Clock, systemClock } from "../base/time.ts";
import type { Operations } from "../supervisor/operations.ts";
import { actionReader, operationFailure, resultJson } from "./actions.ts";
import type { EventHub } from "./event_hub.ts";
import {
  mayAct,
  readJson,
  refuseForeign,
  requirePermission,
} from "./guards.ts";
import {
  type AdminReply,
  type AdminRequest,
  headerOf,
  HttpError,
} from "./message.ts";
import {
  type ContainerEntry,
  containersReply,
  originalStatusReply,
} from "./original.ts";
import { PlanShare } from "./plan_share.ts";
import { jsonReply, textReply } from "./replies.ts";
import { planJson, recordJson, statusJson } from "./status_json.ts";
import type { TokenGuard } from "./token.ts";

/** So many clients follow the events over TCP at once; the socket is for those who may. */
const MAX_FOLLOWERS = 32;

/** What an {@link AdminApi} answers from. */
export interface AdminApiOptions {
  readonly operations: Operations;
  /** In container mode. */
  readonly containers?: (
    signal: AbortSignal,
  ) => Promise<readonly ContainerEntry[]>;
  /** The options in effect by name, without secrets. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly events: EventHub;
  /** Prometheus text; left out without telemetry. */
  readonly metrics?: (signal: AbortSignal) => Promise<Response>;
  readonly guard: TokenGuard;
  readonly emit: EmitEvent;
  readonly clock?: Pick<Clock, "now">;
}

type Route = (request: AdminRequest) => AdminReply | Promise<AdminReply>;

const ACTIONS = "/api/v1/actions/";

/** Answers the requests of the admin API, whichever door they come in by. */
export class AdminApi {
  #options: AdminApiOptions;
  #plans: PlanShare;
  /** How many follow the events over TCP. */
  #followers = 0;
  /** What can be read, by its path. */
  #pages: ReadonlyMap<string, Route>;

  constructor(options: AdminApiOptions) {
    this.#options = options;
    const { operations, config, clock = systemClock } = options;
    this.#plans = new PlanShare(operations, clock);
    this.#pages = new Map<string, Route>([
      ["/", () => pageReply()],
      [
        "/api/v1/status",
        async ({ signal }) =>
          jsonReply(statusJson(await operations.status(signal))),
      ],
      [
        "/api/v1/history",
        () => jsonReply({ history: operations.history().map(recordJson) }),
      ],
      ["/api/v1/plan", (request) => this.#plan(request)],
      ["/api/v1/config", () => jsonReply({ config })],
      ["/api/v1/events", (request) => this.#follow(request)],
      ["/api/v1/openapi.json", () => openApiReply()],
    ]);
  }

  /**
   * Answers one request.
   *
   * @throws {HttpError} When it is refused.
   */
  async handle(request: AdminRequest): Promise<AdminReply> {
    refuseForeign(request);
    const { path } = request;
    try {
      const original = await this.#original(request);
      if (original !== undefined) return original;
      const page = this.#pages.get(path);
      if (page !== undefined) return await this.#read(request, page);
      if (path.startsWith(ACTIONS)) return await this.#act(request);
    } catch (error) {
      throw operationFailure(error);
    }
    if (!path.startsWith("/api/v1/")) {
      return textReply(404, "404 page not found");
    }
    throw new HttpError(404, "not-found", "There is nothing at this path", {
      hint: "GET /api/v1/openapi.json describes what there is",
    });
  }

  /** What the original has, answered as it does. */
  async #original(request: AdminRequest): Promise<AdminReply | undefined> {
    const { path, method, signal } = request;
    const { metrics, operations, containers } = this.#options;
    const isOriginal = path === "/api/containers" || path === "/api/status" ||
      (path === "/metrics" && metrics !== undefined);
    if (!isOriginal) return undefined;
    if (method !== "GET") return textReply(405, "Method not allowed");
    if (path === "/api/containers") {
      return await containersReply(containers, signal);
    }
    if (path === "/api/status") {
      return await originalStatusReply(operations, signal);
    }
    return metrics && await toReply(await metrics(signal));
  }

  async #read(request: AdminRequest, page: Route): Promise<AdminReply> {
    if (request.method === "GET" || request.method === "HEAD") {
      return await page(request);
    }
    throw notAllowed("GET, HEAD");
  }

  async #act(request: AdminRequest): Promise<AdminReply> {
    const name = request.path.slice(ACTIONS.length);
    const read = actionReader(name);
    if (read === undefined) {
      throw new HttpError(404, "not-found", "There is no such action", {
        hint: "Actions: deploy, rollback, pin, unpin, hold, resume, restart",
      });
    }
    if (request.method !== "POST") throw notAllowed("POST");
    await requirePermission(request, this.#options);
    const action = read(await readJson(request));
    const { operations, emit } = this.#options;
    const outcome = await operations.act(action, request.signal);
    const { result, version } = outcome;
    const { door } = request;
    emit({ type: "operator-acted", action: name, door, result, version });
    return jsonReply(resultJson(outcome), result === "started" ? 202 : 200);
  }

  async #plan(request: AdminRequest): Promise<AdminReply> {
    const plan = await mayAct(request, this.#options)
      ? await this.#options.operations.plan(request.signal)
      : await this.#plans.get();
    return jsonReply(planJson(plan));
  }

  async #follow(request: AdminRequest): Promise<AdminReply> {
    const isTrusted = await mayAct(request, this.#options);
    if (request.door === "tcp" && this.#followers >= MAX_FOLLOWERS) {
      throw new HttpError(503, "unavailable", "Too many clients follow", {
        headers: { "retry-after": "10" },
      });
    }
    const after = headerOf(request, "last-event-id") ?? "";
    const body = this.#options.events.follow({
      after: /^\d{1,16}$/.test(after) ? Number(after) : undefined,
      isTrusted,
      signal: request.signal,
    });
    const headers = { "content-type": "text/event-stream" };
    const counted = request.door === "tcp" ? this.#count(body) : body;
    return { status: 200, headers, body: counted };
  }

  async *#count(body: AsyncIterable<string>): AsyncGenerator<string> {
    this.#followers++;
    try {
      yield* body;
    } finally {
      this.#followers--;
    }
  }
}

/** Loaded when it is asked for. */
async function openApiReply(): Promise<AdminReply> {
  const { default: description } = await import("./openapi.json", {
    with: { type: "json" },
  });
  return jsonReply(description);
}

/** Loaded when it is asked for. */
async function pageReply(): Promise<AdminReply> {
  const { renderPage } = await import("./page.ts");
  return await renderPage();
}

async function toReply(response: Response): Promise<AdminReply> {
  const type = response.headers.get("content-type") ?? "text/plain";
  return {
    status: response.status,
    headers: { "content-type": type },
    body: await response.text(),
  };
}

function notAllowed(allow: string): HttpError {
  return new HttpError(405, "method-not-allowed", `Only ${allow} here`, {
    headers: { allow },
  });
}
