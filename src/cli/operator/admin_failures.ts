import { errorMessage } from "../../base/errors.ts";
import type { AdminPlace } from "./admin_client.ts";
import { Fields } from "./fields.ts";
import { OPERATOR_EXIT, OperatorError } from "./operator_error.ts";

const START_HINT =
  "Run this in the working directory of dewy, or name its socket with --admin-socket or its port with --admin-port";

/** Numbers that the system gives its errors, as they stand in what `fetch` throws. */
const ERRNO = { enoent: 2, eacces: 13, econnrefused: [61, 111] } as const;

/** Returns the error for a place where nobody answers, from what `fetch` threw. */
export function unreachable(place: AdminPlace, cause: unknown): OperatorError {
  const where = place.kind === "socket"
    ? `socket "${place.path}"`
    : `port ${place.port} of this host`;
  const fail = (why: string, hint: string, code = "unreachable") =>
    new OperatorError(
      code === "refused" ? OPERATOR_EXIT.refused : OPERATOR_EXIT.unreachable,
      code,
      `Cannot reach a running dewy: ${why}`,
      { hint },
    );
  if (isTimeout(cause)) {
    return fail(
      `no answer at ${where} in time`,
      "Look into its log; it may wait for the disk or the registry",
    );
  }
  const errno = errnoOf(cause);
  if (errno === ERRNO.enoent) return fail(`there is no ${where}`, START_HINT);
  if (errno === ERRNO.eacces) {
    return fail(
      `this user may not open ${where}`,
      "Run this as the user that dewy runs as, or as root",
      "refused",
    );
  }
  if (ERRNO.econnrefused.some((number) => number === errno)) {
    return fail(`nobody listens at ${where}`, START_HINT);
  }
  return fail(`${where}: ${errorMessage(innermost(cause))}`, START_HINT);
}

/** Returns the error for a place where something else answers, or a dewy that is too old. */
export function notDewy(where: string): OperatorError {
  return new OperatorError(
    OPERATOR_EXIT.unreachable,
    "unreachable",
    `Cannot use what answers at ${where}: it is no admin API of this version of dewy`,
    { hint: START_HINT },
  );
}

/** Returns the error for an answer that is no success. */
export function refusal(
  status: number,
  value: unknown,
  where: string,
): OperatorError {
  const error = Fields.of(value).object("error");
  if (error === undefined) return notDewy(where);
  const code = error.text("code");
  const hint = error.text("hint") || hintFor(status);
  return new OperatorError(
    exitCodeOf(status, code),
    code || String(status),
    error.text("message") || `dewy answered with status ${status}`,
    hint === undefined ? {} : { hint },
  );
}

function exitCodeOf(status: number, code: string): number {
  if (code === "invalid") return 1;
  return [401, 403, 429].includes(status)
    ? OPERATOR_EXIT.refused
    : OPERATOR_EXIT.impossible;
}

function hintFor(status: number): string | undefined {
  return status === 401
    ? "Give the token by --admin-token-file or DEWY_ADMIN_TOKEN, or use the socket"
    : undefined;
}

function isTimeout(cause: unknown): boolean {
  return cause instanceof DOMException &&
    (cause.name === "TimeoutError" || cause.name === "AbortError");
}

function errnoOf(cause: unknown): number | undefined {
  const match = /\(os error (\d+)\)/.exec(errorMessage(innermost(cause)));
  return match === null ? undefined : Number(match[1]);
}

function innermost(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined
    ? innermost(error.cause)
    : error;
}
