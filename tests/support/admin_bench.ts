import { AdminApi, type AdminApiOptions } from "../../src/admin/api.ts";
import { listenOnPort } from "../../src/admin/doors.ts";
import { EventHub } from "../../src/admin/event_hub.ts";
import {
  ADMIN_LIMITS,
  type AdminLimits,
  AdminListener,
} from "../../src/admin/listener.ts";
import { TokenGuard } from "../../src/admin/token.ts";
import type { DeployEvent } from "../../src/base/event.ts";
import { freePort } from "./free_port.ts";
import { MemoryOperations } from "./memory_operations.ts";

/** The token of every bench. */
export const TOKEN = "correct-horse-battery-staple";

/** What a bench does differently. */
export interface AdminBenchOptions {
  readonly limits?: Partial<AdminLimits>;
  readonly api?: Partial<AdminApiOptions>;
  /** `undefined`: none is set. */
  readonly token?: string | undefined;
  readonly heartbeatMs?: number;
  /** Left out: a free one. */
  readonly port?: number;
}

/** An admin API over TCP whose operations only remember. */
export class AdminBench implements AsyncDisposable {
  readonly operations = new MemoryOperations();
  readonly events: EventHub;
  readonly port: number;
  readonly defects: unknown[] = [];
  readonly emitted: DeployEvent[] = [];
  /** What the time is for tokens. */
  now = 1_700_000_000_000;
  #listener: AdminListener;

  constructor(options: AdminBenchOptions = {}) {
    const { limits, api, heartbeatMs = 15_000 } = options;
    this.port = options.port ?? freePort();
    const token = "token" in options ? options.token : TOKEN;
    this.events = new EventHub({
      redact: (text) => text.replaceAll("s3cret", "***"),
      now: Date.now,
      heartbeatMs,
    });
    const handler = new AdminApi({
      operations: this.operations,
      config: { registry: "ghr://acme/web" },
      events: this.events,
      clock: { now: () => this.now },
      emit: (event) => this.emitted.push(event),
      guard: new TokenGuard(token, { now: () => this.now }),
      ...api,
    });
    this.#listener = new AdminListener({
      listener: listenOnPort(this.port),
      door: "tcp",
      handle: (request) => handler.handle(request),
      limits: { ...ADMIN_LIMITS, ...limits },
      onDefect: (error) => this.defects.push(error),
    });
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Sends an action with the token, unless `headers` has another. */
  async act(
    name: string,
    body: unknown = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    return await fetch(this.url(`/api/v1/actions/${name}`), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "authorization": `Bearer ${TOKEN}`,
        ...headers,
      },
      body: JSON.stringify(body),
    });
  }

  /** Sends bytes as they are, and returns all that comes until the connection is closed. */
  async raw(text: string): Promise<string> {
    using connection = await Deno.connect({ port: this.port });
    await connection.write(new TextEncoder().encode(text));
    return await new Response(connection.readable).text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener[Symbol.asyncDispose]();
  }
}
