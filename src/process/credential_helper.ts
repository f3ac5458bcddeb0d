import { SourceError } from "../base/errors.ts";
import { readStart } from "../base/read_text.ts";
import { withDeadline } from "../base/time.ts";
import { sendSignal } from "./worker.ts";

/** What a helper answered; see docker/docker-credential-helpers. */
export interface CredentialHelperAnswer {
  readonly username: string;
  readonly secret: string;
}

/** How {@link runCredentialHelper} runs one. */
export interface CredentialHelperOptions {
  /** The part after `docker-credential-`. */
  readonly name: string;
  /** Who the credentials are for, as `docker login` calls it. */
  readonly server: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** After this it is killed with everything it started, milliseconds. @default 30,000 */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
/** No secret is longer, bytes. */
const MAX_OUTPUT = 64 * 1024;
/** What helpers say on standard output, and end with an error, when they know nothing. */
const NONE =
  /credentials not found in native keychain|no credentials server URL|no credentials username/i;

/**
 * Runs `docker-credential-NAME get` to its end and returns what it knows of a
 * server, or `undefined` when that is nothing.
 *
 * @throws {SourceError} When it cannot be run, fails, or takes too long. What it printed is not told: it may be the secret.
 */
export async function runCredentialHelper(
  options: CredentialHelperOptions,
): Promise<CredentialHelperAnswer | undefined> {
  const { name, server, signal, timeoutMs: ms = TIMEOUT_MS } = options;
  const what = `Cannot get credentials for "${server}"`;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    throw failure(`${what}: the helper in config.json has no valid name`);
  }
  const program = `docker-credential-${name}`;
  const onTimeout = () =>
    failure(`${what}: "${program}" took longer than ${ms / 1000} s`, "timeout");
  const { output, success } = await withDeadline(
    { signal, ms, onTimeout },
    (inner) => run(program, options, inner),
  );
  const answer = answerIn(output);
  if (success && answer !== undefined) return answer;
  if (NONE.test(output)) return undefined;
  throw failure(
    `${what}: "${program}" ${success ? "gives none" : "failed"}`,
  );
}

function failure(
  message: string,
  code: "denied" | "timeout" = "denied",
): SourceError {
  return new SourceError(code, message, {
    hint:
      "Run it by hand as the user of dewy: echo SERVER | docker-credential-NAME get",
  });
}

async function run(
  program: string,
  { server, env }: CredentialHelperOptions,
  signal: AbortSignal,
): Promise<{ readonly output: string; readonly success: boolean }> {
  const child = spawn(program, env);
  // The whole group: a helper may be a script with programs of its own.
  const kill = () => sendSignal(-child.pid, "SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  try {
    const [{ bytes }, { success }] = await Promise.all([
      readStart(child.stdout, MAX_OUTPUT),
      child.status,
      tell(child.stdin, server),
    ]);
    signal.throwIfAborted();
    return { output: new TextDecoder().decode(bytes), success };
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

function spawn(
  program: string,
  env: Readonly<Record<string, string>>,
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args: ["get"],
      env: { ...env },
      clearEnv: true,
      detached: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw failure(`Cannot run "${program}": it is not in PATH`);
    }
    throw error;
  }
}

async function tell(
  stdin: WritableStream<Uint8Array>,
  server: string,
): Promise<void> {
  try {
    await new Response(`${server}\n`).body?.pipeTo(stdin);
  } catch (error) {
    // It need not read what it does not want to know.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function answerIn(output: string): CredentialHelperAnswer | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof answer !== "object" || answer === null) return undefined;
  const { Username: username, Secret: secret } = answer as {
    Username?: unknown;
    Secret?: unknown;
  };
  if (typeof username !== "string" || typeof secret !== "string") {
    return undefined;
  }
  return username === "" || secret === "" ? undefined : { username, secret };
}
