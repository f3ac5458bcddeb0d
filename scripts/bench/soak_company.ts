import { join } from "node:path";
import { delay, within } from "../../tests/support/delay.ts";
import { get, type Target } from "../../tests/support/http_connection.ts";
import type { Random } from "../../tests/support/random.ts";

/** Whom a {@link Company} keeps busy. */
export interface CompanyTarget {
  /** dewy's working directory. */
  readonly workdir: string;
  /** Where the application answers; without it nobody asks it. */
  readonly application?: Target;
  /** Of dewy's admin API, for its metrics. */
  readonly adminPort: number;
  readonly random: Random;
}

/** What came of one kind of visit. */
interface Tally {
  done: number;
  failed: number;
  lastFailure: string;
}

const STATUS_MS = 1_000;
const METRICS_MS = 2_000;
const LEAVE_MS = 200;
const LONGEST_LISTENING_MS = 5_000;

/**
 * Those around a dewy that runs for long: readers of its events that come and
 * go, its status and its metrics asked for, clients of the application that
 * leave in the middle of a request. Failures are counted and do not end it,
 * since dewy may be killed meanwhile.
 */
export class Company implements AsyncDisposable {
  readonly tallies = new Map<string, Tally>();
  #target: CompanyTarget;
  #http: Deno.HttpClient;
  #stop = new AbortController();
  #loops: Promise<void>[];

  private constructor(target: CompanyTarget) {
    this.#target = target;
    const path = join(target.workdir, ".dewy", "admin.sock");
    this.#http = Deno.createHttpClient({ proxy: { transport: "unix", path } });
    this.#loops = [
      this.#loop("status", STATUS_MS, () => this.#ask("status")),
      this.#loop("metrics", METRICS_MS, () => this.#scrape()),
      this.#loop("events", 0, () => this.#listen()),
      this.#loop("left in the middle", LEAVE_MS, () => this.#leave()),
    ];
  }

  static start(target: CompanyTarget): Company {
    return new Company(target);
  }

  /** One line for each kind of visit. */
  describe(): readonly string[] {
    return [...this.tallies].map(([name, { done, failed, lastFailure }]) =>
      `${name.padEnd(20)}${done} done, ${failed} failed ${lastFailure}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    await Promise.all(this.#loops);
    this.#http.close();
  }

  async #loop(
    name: string,
    pauseMs: number,
    visit: () => Promise<void>,
  ): Promise<void> {
    const tally = { done: 0, failed: 0, lastFailure: "" };
    this.tallies.set(name, tally);
    while (!this.#stop.signal.aborted) {
      try {
        await visit();
        tally.done++;
      } catch (error) {
        tally.failed++;
        tally.lastFailure = String(error);
        await delay(LEAVE_MS);
      }
      await delay(pauseMs);
    }
  }

  async #ask(path: string): Promise<void> {
    const url = `http://localhost/api/v1/${path}`;
    const response = await fetch(url, { client: this.#http });
    await response.text();
    if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  }

  async #scrape(): Promise<void> {
    const url = `http://127.0.0.1:${this.#target.adminPort}/metrics`;
    const response = await fetch(url);
    await response.text();
    if (!response.ok) throw new Error(`metrics: status ${response.status}`);
  }

  /** Follows the events for a while, and leaves without a word. */
  async #listen(): Promise<void> {
    const { workdir, random } = this.#target;
    const ms = random.next(LONGEST_LISTENING_MS);
    const path = join(workdir, ".dewy", "admin.sock");
    // By hand: the signal of a fetch does not always end the body of its answer.
    using connection = await Deno.connect({ transport: "unix", path });
    const request = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    await connection.write(new TextEncoder().encode(request));
    await within(readAll(connection), ms);
  }

  /** Sends a request, or half of one, and closes before the answer; every fourth waits for it. */
  async #leave(): Promise<void> {
    const { application, random } = this.#target;
    if (application === undefined) return;
    const kind = Math.floor(random.next(4));
    if (kind === 0) {
      await get(application);
      return;
    }
    using connection = "path" in application
      ? await Deno.connect({ transport: "unix", path: application.path })
      : await Deno.connect({ hostname: "127.0.0.1", ...application });
    const head = "GET /?delay=500 HTTP/1.1\r\nHost: localhost\r\n";
    const sent = [head.slice(0, 20), head, `${head}\r\n`][kind - 1] ?? "";
    await connection.write(new TextEncoder().encode(sent));
    await delay(random.next(LEAVE_MS));
  }
}

/** Reads until either side has closed. */
async function readAll(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(16 * 1024);
  try {
    while (await connection.read(buffer) !== null);
  } catch (error) {
    const isOurs = error instanceof Deno.errors.BadResource ||
      error instanceof Deno.errors.Interrupted;
    if (!isOurs) throw error;
  }
}
