import { installGcs } from "../../scripts/services/gcs.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free_port.ts";
import { ServiceProcess } from "./service_process.ts";

/** An emulator of Google Cloud Storage; it knows no credentials. */
export class GcsServer implements AsyncDisposable {
  readonly endpoint: string;
  #process: ServiceProcess;
  #buckets = 0;

  private constructor(process: ServiceProcess, port: number) {
    this.#process = process;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<GcsServer> {
    const port = freePort();
    const process = ServiceProcess.start([
      await installGcs(),
      ...["-backend", "memory", "-scheme", "http", "-host", "127.0.0.1"],
      ...["-port", `${port}`, "-public-host", `127.0.0.1:${port}`],
      ...["-log-level", "error"],
    ]);
    const server = new GcsServer(process, port);
    await eventually(() => server.#isUp(), {
      message: "the emulator answers",
    });
    return server;
  }

  /** The environment of a dewy that asks it. */
  env(): Readonly<Record<string, string>> {
    return { STORAGE_EMULATOR_HOST: this.endpoint };
  }

  /** Makes a bucket and returns its name. */
  async createBucket(): Promise<string> {
    const name = `bucket-${++this.#buckets}`;
    await this.#post("/storage/v1/b?project=test", JSON.stringify({ name }));
    return name;
  }

  /** Puts an object into a bucket. */
  async put(bucket: string, key: string, text: string): Promise<void> {
    const query = new URLSearchParams({ uploadType: "media", name: key });
    await this.#post(`/upload/storage/v1/b/${bucket}/o?${query}`, text);
  }

  async #isUp(): Promise<boolean> {
    const response = await fetch(`${this.endpoint}/storage/v1/b?project=test`);
    await response.body?.cancel();
    return response.ok;
  }

  async #post(path: string, body: string): Promise<void> {
    const response = await fetch(this.endpoint + path, {
      method: "POST",
      body,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The emulator failed: ${text}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
