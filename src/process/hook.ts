import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { HookResult } from "../base/event.ts";
import { errorMessage } from "../base/errors.ts";
import { delay } from "../base/time.ts";
import { sendSignal } from "./worker.ts";

/** What a hook is run with. */
export interface HookOptions {
  readonly when: "before" | "after";
  /** Given to `sh -c`. */
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** After this it is killed with everything it started, milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** More than this of each stream is dropped, bytes. */
const OUTPUT_CAP = 64 * 1024;
const LINE_FEED = 0x0a;
/** Bytes. */
const LONGEST_LINE = 4 * 1024;
/** How long output is still read after the shell has ended, milliseconds. */
const DRAIN_MS = 200;
/** Exit code that is reported when a hook could not be run. */
const NOT_RUN = 1;
/** Exit code that is reported when a signal ended a hook. */
const KILLED = -1;

/**
 * Runs a hook to its end and returns how it went; a hook that fails is a result,
 * not an error. It ends with the shell: a process left in the background keeps
 * running, and does not hold up the deploy by keeping the output open.
 */
export async function runHook(options: HookOptions): Promise<HookResult> {
  const { when, command, signal } = options;
  signal.throwIfAborted();
  const startedAt = Date.now();
  const child = spawn("/bin/sh", ["-c", command], {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const ended = await endOf(child, options);
  await Promise.race([
    Promise.all([stdout.closed, stderr.closed]),
    delay(DRAIN_MS, new AbortController().signal),
  ]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  signal.throwIfAborted();
  return {
    when,
    command,
    stdout: stdout.text(),
    stderr: [stderr.text(), ended.problem].filter((part) => part !== "").join(
      "\n",
    ),
    exitCode: ended.exitCode,
    durationMs: Date.now() - startedAt,
    timedOut: ended.timedOut,
  };
}

interface Ended {
  readonly exitCode: number;
  readonly timedOut: boolean;
  readonly problem: string;
}

async function endOf(
  child: ChildProcess,
  options: HookOptions,
): Promise<Ended> {
  const over = new AbortController();
  const exit = new Promise<Ended>((resolve) => {
    child.once("exit", (code) => {
      resolve({ exitCode: code ?? KILLED, timedOut: false, problem: "" });
    });
    child.once("error", (error) => {
      resolve({
        exitCode: NOT_RUN,
        timedOut: false,
        problem: errorMessage(error),
      });
    });
  });
  const stop = () => over.abort();
  options.signal.addEventListener("abort", stop, { once: true });
  try {
    const timeout = delay(options.timeoutMs, over.signal).then(() => undefined);
    const first = await Promise.race([exit, timeout]);
    if (first !== undefined) return first;
    if (child.pid !== undefined) sendSignal(-child.pid, "SIGKILL");
    await exit;
    return { exitCode: KILLED, timedOut: !options.signal.aborted, problem: "" };
  } finally {
    over.abort();
    options.signal.removeEventListener("abort", stop);
  }
}

/** Gathers a stream up to the cap, and says how much was dropped. */
function collect(
  stream: Readable | null,
): { readonly closed: Promise<void>; text(): string } {
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  let dropped = 0;
  stream?.on("data", (chunk: Uint8Array) => {
    const bytes = Math.min(chunk.length, OUTPUT_CAP - keptBytes);
    // A copy, and none of nothing: a view, even an empty one, holds its whole chunk.
    if (bytes > 0) kept.push(new Uint8Array(chunk.subarray(0, bytes)));
    keptBytes += bytes;
    dropped += chunk.length - bytes;
  });
  const closed = stream === null
    ? Promise.resolve()
    : new Promise<void>((resolve) => stream.once("close", resolve));
  return {
    closed,
    text: () => {
      const bytes = concat(kept);
      const whole = dropped === 0 ? bytes : wholeLines(bytes);
      const text = new TextDecoder().decode(whole).trim();
      const lost = dropped + bytes.length - whole.length;
      return lost === 0 ? text : `${text}\n... (${lost} more bytes dropped)`;
    },
  };
}

/** Half a secret would not be known for one: what is cut ends with a line, unless that is very long. */
function wholeLines(bytes: Uint8Array): Uint8Array {
  const end = bytes.lastIndexOf(LINE_FEED);
  return bytes.length - end > LONGEST_LINE ? bytes : bytes.subarray(0, end + 1);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
