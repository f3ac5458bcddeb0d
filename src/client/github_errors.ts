import { cutText } from "../base/cut_text.ts";
import {
  errorMessage,
  SourceError,
  type SourceErrorCode,
} from "../base/errors.ts";

/** What was asked for, as it reads after "Cannot": `list the releases of "o/r" on api.github.com`. */
export interface GithubQuestion {
  readonly what: string;
  /** Where the credentials come from: `GH_TOKEN`, `GITHUB_APP_ID`. */
  readonly credentials: string;
  /** What to do when they do not suffice. */
  readonly deniedHint: string | undefined;
}

const REDIRECT_HINT =
  "A redirect to another host is not followed, because it would get the token: see GITHUB_API_URL";
/** GitHub says to wait a minute when it does not say how long. */
const DEFAULT_WAIT_MS = 60_000;
/** GitHub is left alone for so long at most, milliseconds: its windows are not longer than an hour. */
export const MAX_WAIT_MS = 60 * 60 * 1000;

/** GitHub says what is wrong in a sentence or two; UTF-16 units. */
const MAX_MESSAGE_LENGTH = 1_000;

/** An answer with a status that is no success. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** Returns the answer inside what the library threw, or `undefined` when there was none. */
export function failedAnswer(error: unknown): FailedAnswer | undefined {
  if (!(error instanceof Error)) return undefined;
  const { status, response } = error as {
    status?: unknown;
    response?: { headers?: Record<string, unknown> };
  };
  if (typeof status !== "number" || response === undefined) return undefined;
  // A page of HTML in place of an answer is in it whole.
  const message = cutText(error.message, MAX_MESSAGE_LENGTH);
  return { status, headers: response.headers ?? {}, message };
}

/** Returns the error for what a request to the API threw. */
export function explainGithubError(
  error: unknown,
  question: GithubQuestion,
): SourceError {
  const subject = `Cannot ${question.what}`;
  const answer = failedAnswer(error);
  if (answer !== undefined) return explainAnswer(answer, question);
  const inner = error instanceof Error && error.cause instanceof SourceError
    ? error.cause
    : error;
  if (inner instanceof SourceError) {
    const { code, retryAfterMs, hint } = inner;
    return new SourceError(code, `${subject}: ${asClause(inner.message)}`, {
      retryAfterMs,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  return new SourceError("unavailable", subject, {
    hint: "Check the network, the name server and GITHUB_API_URL",
    // The library's error holds the request; only what it says is kept.
    cause: new Error(errorMessage(error)),
  });
}

/** Refuses what the library takes for a success and is none: a redirect that is not followed. */
export function expectOk(status: number, expected = 200): void {
  if (status === expected) return;
  throw new SourceError("invalid", `Status ${status}`, { hint: REDIRECT_HINT });
}

function explainAnswer(
  answer: FailedAnswer,
  question: GithubQuestion,
): SourceError {
  const { status, message } = answer;
  const subject = `Cannot ${question.what}`;
  const cause = new Error(message);
  const retryAfterMs = waitMs(answer);
  if (retryAfterMs !== undefined) {
    const seconds = Math.ceil(retryAfterMs / 1000);
    const reason = status >= 500 ? `status ${status}` : "rate limit reached";
    return new SourceError(
      "unavailable",
      `${subject}: ${reason}, wait ${seconds} s`,
      { retryAfterMs, hint: limitHint(status), cause },
    );
  }
  const { code, hint } = meaningOf(status, question);
  return new SourceError(code, `${subject}: status ${status}`, { hint, cause });
}

function limitHint(status: number): string {
  return status >= 500
    ? "GitHub asks to be left alone for that long; dewy does so"
    : "Raise --interval, or share the answer between hosts; polls of an unchanged repository are free";
}

function meaningOf(
  status: number,
  { credentials, deniedHint }: GithubQuestion,
): { readonly code: SourceErrorCode; readonly hint: string } {
  if (status === 401) {
    return {
      code: "denied",
      hint: `GitHub does not accept the credentials of ${credentials}`,
    };
  }
  if (status === 403) {
    return {
      code: "denied",
      hint: deniedHint ??
        `Check the permissions of ${credentials} on this repository`,
    };
  }
  if (status === 404 || status === 410) {
    return {
      code: "not-found",
      hint:
        `Check the name; what ${credentials} may not see looks as if it did not exist`,
    };
  }
  return status >= 500
    ? { code: "unavailable", hint: "See https://www.githubstatus.com" }
    : { code: "invalid", hint: "See GITHUB_API_URL and the registry URL" };
}

/** Returns how long GitHub wants to be left alone, or `undefined` when it does not. */
function waitMs(
  { status, headers, message }: FailedAnswer,
): number | undefined {
  const isLimit = status === 403 || status === 429;
  if (!isLimit && status !== 503) return undefined;
  const retryAfter = String(headers["retry-after"] ?? "");
  if (/^[0-9]+$/.test(retryAfter)) return bounded(Number(retryAfter) * 1000);
  const at = Date.parse(retryAfter);
  const now = nowOf(headers);
  if (!Number.isNaN(at)) return bounded(at - now);
  if (!isLimit) return undefined;
  const reset = Number(headers["x-ratelimit-reset"] ?? NaN) * 1000;
  if (headers["x-ratelimit-remaining"] === "0" && !Number.isNaN(reset)) {
    return bounded(reset - now);
  }
  const isSaid = status === 429 || /rate limit/i.test(message);
  return isSaid ? DEFAULT_WAIT_MS : undefined;
}

/** The time of the server that named the time: the clock of this host may be wrong. */
function nowOf(headers: Readonly<Record<string, unknown>>): number {
  const date = Date.parse(String(headers["date"] ?? ""));
  return Number.isNaN(date) ? Date.now() : date;
}

function bounded(ms: number): number {
  return Math.min(Math.max(ms, 1000), MAX_WAIT_MS);
}

function asClause(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
