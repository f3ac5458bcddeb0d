import { within } from "./delay.ts";
import { dewyCommand } from "./dewy_program.ts";
import { eventually } from "./eventually.ts";
import { killProcessesOf, MARK, signalIfThere } from "./process_table.ts";

/** How long a stop may take before the processes are killed, milliseconds. */
const DISPOSE_MS = 5_000;

/** One line of dewy's log. */
export interface LogRecord {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Values that a record must have. */
export type LogFields = Readonly<Record<string, unknown>>;

/** How dewy is started. */
export interface DewyOptions {
  /** dewy's working directory. */
  readonly cwd: string;
  /** Its command line; `--log-format json -l debug` stand behind the first word. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Group to run as. */
  readonly gid?: number | undefined;
}

/** A dewy that runs, with its log. */
export class DewyProcess implements AsyncDisposable {
  readonly cwd: string;
  readonly pid: number;
  /** Resolves with the exit code, and the signal when one ended it. */
  readonly exited: Promise<Deno.CommandStatus>;
  #logs: LogRecord[] = [];
  #output: string[] = [];
  #reading: Promise<void>[];
  #status: Deno.CommandStatus | undefined;

  private constructor(cwd: string, child: Deno.ChildProcess) {
    this.cwd = cwd;
    this.pid = child.pid;
    this.exited = child.status.then((status) => {
      this.#status = status;
      return status;
    });
    this.#reading = [
      eachLine(child.stderr, (line) => this.#take(line)),
      eachLine(child.stdout, (line) => this.#output.push(line)),
    ];
  }

  /** Starts `dewy ARGS`. */
  static start(options: DewyOptions): DewyProcess {
    const { cwd, env = {} } = options;
    const [command = "", ...rest] = options.args;
    const { gid } = options;
    const asGroup = gid === undefined
      ? []
      : ["setpriv", "--regid", `${gid}`, "--clear-groups"];
    const [program = "", ...prefix] = [...asGroup, ...dewyCommand()];
    const child = new Deno.Command(program, {
      args: [
        ...prefix,
        command,
        "--log-format",
        "json",
        "--log-level",
        "debug",
        ...rest,
      ],
      cwd,
      env: { NO_COLOR: "1", ...env, [MARK]: cwd },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new DewyProcess(cwd, child);
  }

  /** The log so far; with a message only the records that have it, and these fields. */
  logs(msg?: string, fields: LogFields = {}): LogRecord[] {
    return this.#logs.filter((record) =>
      (msg === undefined || record.msg === msg) &&
      Object.entries(fields).every(([name, value]) => record[name] === value)
    );
  }

  /** Lines that are no log records: what the application and rendered errors print. */
  output(): readonly string[] {
    return this.#output;
  }

  /**
   * Waits for a record.
   *
   * @throws When the time is over, or dewy has ended without it; the message holds the log.
   */
  async waitForLog(
    msg: string,
    fields: LogFields = {},
    options: { readonly timeoutMs?: number } = {},
  ): Promise<LogRecord> {
    const { timeoutMs = 40_000 } = options;
    const wanted = `log record "${msg}" ${JSON.stringify(fields)}`;
    const find = () => {
      const [first] = this.logs(msg, fields);
      return first ?? (this.#status === undefined ? undefined : "ended");
    };
    const found = await eventually(find, { timeoutMs, message: wanted })
      .catch((error: Error) => error.message);
    if (typeof found !== "string") return found;
    throw new Error(`${found}: no ${wanted}\n${this.transcript()}`);
  }

  /** The log and the other output as text, for failure messages. */
  transcript(): string {
    let last = "";
    const told = this.#logs.filter(({ time: _, ...rest }) => {
      const text = JSON.stringify(rest);
      // Polls repeat themselves.
      const isNew = text !== last;
      last = text;
      return isNew;
    });
    return [
      ...told.map((record) => JSON.stringify(record)),
      ...this.#output,
    ].join("\n");
  }

  /** Sends a signal to dewy alone; it may be gone already. */
  kill(signal: Deno.Signal): void {
    if (this.#status === undefined) signalIfThere(this.pid, signal);
  }

  /**
   * Waits for its end and returns the exit code, 128 + n after a signal.
   *
   * @throws When it does not end in time.
   */
  async exitCode(timeoutMs = 20_000): Promise<number> {
    const status = await within(this.exited, timeoutMs);
    if (status !== undefined) return status.code;
    throw new Error(
      `dewy has not ended in ${timeoutMs} ms\n${this.transcript()}`,
    );
  }

  /** Ends dewy with SIGKILL and waits for that; what it started is left as it is. */
  async crash(): Promise<void> {
    this.kill("SIGKILL");
    await this.exited;
  }

  /** SIGTERM, and after a while SIGKILL for everything that was started for this directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGTERM");
    await within(this.exited, DISPOSE_MS);
    await killProcessesOf(this.cwd);
    await this.exited;
    await Promise.all(this.#reading);
  }

  #take(line: string): void {
    const record = parseRecord(line);
    if (record === undefined) this.#output.push(line);
    else this.#logs.push(record);
  }
}

function parseRecord(line: string): LogRecord | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "msg" in value
      ? value as LogRecord
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function eachLine(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(take);
  }
  if (rest !== "") take(rest);
}
