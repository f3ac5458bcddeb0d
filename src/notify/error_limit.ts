import { elapsedMs } from "../base/elapsed.ts";
import { important, type Message } from "./message.ts";
import { lines, rich, type RichText } from "./rich_text.ts";

/** So many error messages are sent, then none until the errors are over. */
const MAX_TOLD = 3;
/** Errors that return this soon after they were over are the same ones, milliseconds. */
const QUIET_MS = 10 * 60_000;

/** For an error that does not say what to do. */
const HINT = "Nothing, if the next check succeeds; else see the log of Dewy";

/** What failed. */
export interface FailedCheck {
  readonly text: RichText;
  readonly hint?: string | undefined;
  readonly version?: string | undefined;
  /** Further values, for programs. */
  readonly details?: Message["details"];
  /** Checks that failed in a row, this one included. */
  readonly failures: number;
}

/**
 * Decides which failures of a kind are told: the first three, then silence until a
 * check succeeds, which is told too. Checks that fail and succeed in turn are
 * told no more often than that, unless a failure lasts.
 */
export class ErrorLimit {
  /** Error messages since the errors began. */
  #told = 0;
  /** Of those, in the present row of failures. */
  #toldInRow = 0;
  #failingSince: number | undefined;
  #clearedAt = -Infinity;
  #inRow = 0;

  /** Failures in the present row, told or not. */
  get inRow(): number {
    return this.#inRow;
  }

  /** Returns what is said of a failed check; `undefined` for nothing. */
  failed(check: FailedCheck, now: number): Message | undefined {
    this.#begin(now);
    this.#inRow++;
    const failingSince = this.#failingSince ?? now;
    const lasts = this.#toldInRow === 0 &&
      elapsedMs(failingSince, now) >= QUIET_MS;
    if (this.#told >= MAX_TOLD && !lasts) return undefined;
    this.#told++;
    this.#toldInRow++;
    return errorMessageOf(check, this.#told >= MAX_TOLD);
  }

  /** Returns what is said when a check succeeds after `failures` that did not. */
  cleared(failures: number, now: number): Message | undefined {
    if (this.#failingSince === undefined) return undefined;
    const wasTold = this.#toldInRow > 0;
    this.#toldInRow = 0;
    this.#inRow = 0;
    this.#failingSince = undefined;
    this.#clearedAt = now;
    if (!wasTold) return undefined;
    const checks = failures === 1 ? "failed check" : "failed checks";
    return important(rich`Recovered after ${failures} ${checks}`, {
      details: { failures },
    });
  }

  #begin(now: number): void {
    if (this.#failingSince !== undefined) return;
    this.#failingSince = now;
    if (elapsedMs(this.#clearedAt, now) >= QUIET_MS) this.#told = 0;
  }
}

function errorMessageOf(
  { text, hint, version, failures, details }: FailedCheck,
  isLast: boolean,
): Message {
  const error = rich`Error occurred (count: ${failures}): ${text}`;
  const warning =
    rich`⚠️ No more error notifications will be sent until errors are resolved.`;
  return {
    kind: "error",
    level: "error",
    text: isLast ? lines(warning, rich``, error) : error,
    hint: hint ?? HINT,
    version,
    details: { failures, ...details },
  };
}
