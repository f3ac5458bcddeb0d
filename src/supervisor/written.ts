import { unavailable } from "./operator_failures.ts";
import { OperationError } from "./operations.ts";
import type { StateFile } from "./state_file.ts";

type Written = Pick<StateFile, "catchUp" | "problem">;

const UNTIL = "until dewy ends, and for good once it can be written";

/**
 * Makes sure that what an operator asked for is written down: what is not is
 * forgotten by the next start, which nobody expects.
 *
 * @throws {OperationError} `unavailable` when it cannot be; it holds all the same.
 */
export async function requireWritten(state: Written): Promise<void> {
  if (await state.catchUp()) return;
  const { message, hint = "Mend that, and say it again" } = unavailable(
    state.problem,
  );
  const what = `${message}; what you asked for holds ${UNTIL}`;
  throw new OperationError("unavailable", what, {
    hint,
    cause: state.problem,
  });
}

/** Returns what is added to an answer that a full disk does not forbid; nothing when all is written down. */
export async function unwrittenRemark(state: Written): Promise<string> {
  if (await state.catchUp()) return "";
  return `. That holds ${UNTIL}: ${unavailable(state.problem).message}`;
}
