import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "./eventually.ts";

/** Speaks to a dewy by the Unix socket in its working directory. */
export class OperatorClient implements Disposable {
  #http: Deno.HttpClient;

  private constructor(http: Deno.HttpClient) {
    this.#http = http;
  }

  /** Waits until dewy opens its socket and answers. */
  static async connect(workdir: string): Promise<OperatorClient> {
    const path = join(workdir, ".dewy", "admin.sock");
    const http = Deno.createHttpClient({
      proxy: { transport: "unix", path },
    });
    const client = new OperatorClient(http);
    await eventually(async () => {
      try {
        return await client.status() !== undefined;
      } catch (error) {
        if (error instanceof TypeError) return false;
        throw error;
      }
    }, { timeoutMs: 20_000, message: "dewy answers on its socket" });
    return client;
  }

  /** Returns what `GET /api/v1/status` has. */
  async status(): Promise<Record<string, unknown>> {
    return await this.#ask("status");
  }

  /** Has an action done; returns its answer, or what it was refused with. */
  async act(
    action: string,
    body: Readonly<Record<string, string>> = {},
  ): Promise<Record<string, unknown>> {
    return await this.#ask(`actions/${action}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  /** The version in service, as dewy tells. */
  async current(): Promise<unknown> {
    const { current } = await this.status();
    return isRecord(current) ? current["version"] : undefined;
  }

  [Symbol.dispose](): void {
    this.#http.close();
  }

  async #ask(
    path: string,
    init: RequestInit = {},
  ): Promise<Record<string, unknown>> {
    const url = `http://localhost/api/v1/${path}`;
    const response = await fetch(url, { ...init, client: this.#http });
    const value: unknown = await response.json();
    assert.ok(isRecord(value), `${path} answers with an object`);
    return value;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
