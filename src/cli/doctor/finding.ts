import { DewyError, errorMessage } from "../../base/errors.ts";
import type { DoctorSettings } from "./request.ts";
import type { RunningDewy } from "./running_dewy.ts";

/** What one look found. */
export interface Finding {
  /** What was looked at: `registry`, `port 8000`. */
  readonly name: string;
  readonly level: "ok" | "warn" | "fail";
  /** One sentence, or part of one. */
  readonly message: string;
  /** What to do, when it is not in order. */
  readonly remedy?: string | undefined;
}

/** What the checks look at. */
export interface DoctorContext {
  readonly settings: DoctorSettings;
  /** Working directory, absolute. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** File of the admin API's token. */
  readonly tokenFile: string | undefined;
  /** The dewy that works in the same directory. */
  readonly running: RunningDewy | undefined;
}

/** Looks at one thing and changes nothing. What it throws is a finding as well. */
export interface Check {
  readonly name: string;
  readonly run: (context: DoctorContext) => Promise<readonly Finding[]>;
}

/** Returns a finding that all is well. */
export function ok(name: string, message: string): Finding {
  return { name, level: "ok", message };
}

/** Returns a finding that may become a failure, or that not all can be known. */
export function warn(name: string, message: string, remedy?: string): Finding {
  return { name, level: "warn", message, remedy };
}

/** Returns a finding that dewy will not work. */
export function fail(name: string, message: string, remedy?: string): Finding {
  return { name, level: "fail", message, remedy };
}

/** Returns what an error means for what was looked at, with its causes. */
export function failure(name: string, error: unknown): Finding {
  const messages: string[] = [];
  for (let at = error; at !== undefined; at = causeOf(at)) {
    const message = errorMessage(at);
    if (!messages.some((one) => one.endsWith(message))) messages.push(message);
  }
  const hint = error instanceof DewyError ? error.hint : undefined;
  return fail(name, messages.join(": "), hint);
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
