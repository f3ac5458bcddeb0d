import assert from "node:assert/strict";
import type { DeployEvent } from "../../src/base/event.ts";
import { openLibc } from "../../src/process/libc.ts";
import { SocketOpener } from "../../src/process/listen_sockets.ts";
import { WorkerLedger } from "../../src/process/orphans.ts";
import {
  ServerProcess,
  type ServerProcessOptions,
} from "../../src/process/server_process.ts";
import { eventually } from "./eventually.ts";
import { TempDir } from "./temp_dir.ts";

/** What a {@link TestApp} does differently, milliseconds. */
export interface TestSettings {
  readonly confirmTimeMs?: number;
  readonly killDelayMs?: number;
  readonly stopTimeoutMs?: number;
  /** Whether a worker has to send `READY=1`. */
  readonly notify?: boolean;
  /** Where the list of workers is kept, in place of the temporary folder. */
  readonly ledgerFolder?: string;
}

/** The events of one type. */
export type EventOf<T extends DeployEvent["type"]> = Extract<
  DeployEvent,
  { type: T }
>;

/** A server process with a shell script as its application. */
export class TestApp implements AsyncDisposable {
  readonly server: ServerProcess;
  #events: DeployEvent[] = [];

  private constructor(readonly dir: TempDir, settings: TestSettings) {
    const libc = openLibc();
    const options: ServerProcessOptions = {
      program: ["./app"],
      cwd: dir.path,
      folder: dir.path,
      env: { PATH: "/usr/bin:/bin" },
      libc,
      opener: new SocketOpener(libc),
      sockets: [],
      ready: {
        notify: settings.notify ?? false,
        healthPath: undefined,
        timeoutMs: 10_000,
        confirmTimeMs: settings.confirmTimeMs ?? 300,
      },
      ledger: new WorkerLedger(settings.ledgerFolder ?? dir.path),
      emit: (event) => this.#events.push(event),
      killOldDelayMs: 0,
      killDelayMs: settings.killDelayMs ?? 400,
      stopTimeoutMs: settings.stopTimeoutMs ?? 400,
    };
    this.server = new ServerProcess(options);
  }

  static async create(
    script: string,
    settings: TestSettings = {},
  ): Promise<TestApp> {
    const app = new TestApp(await TempDir.create(), settings);
    await app.become(script);
    return app;
  }

  /** Replaces the application's program. */
  async become(script: string): Promise<void> {
    const beside = this.dir.join("app.new");
    await Deno.writeTextFile(beside, `#!/bin/sh\n${script}\n`);
    await Deno.chmod(beside, 0o755);
    await Deno.rename(beside, this.dir.join("app"));
  }

  types(): string[] {
    return this.#events.map(({ type }) => type);
  }

  all<T extends DeployEvent["type"]>(type: T): EventOf<T>[] {
    return this.#events.filter((event): event is EventOf<T> =>
      event.type === type
    );
  }

  event<T extends DeployEvent["type"]>(type: T): EventOf<T> {
    const [event, ...others] = this.all(type);
    assert.ok(event !== undefined && others.length === 0, `one "${type}"`);
    return event;
  }

  last<T extends DeployEvent["type"]>(type: T): EventOf<T> {
    const event = this.all(type).at(-1);
    assert.ok(event !== undefined);
    return event;
  }

  waitFor<T extends DeployEvent["type"]>(type: T): Promise<EventOf<T>> {
    return eventually(() => this.all(type)[0], {
      message: `the event "${type}"`,
    }) as Promise<EventOf<T>>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}
