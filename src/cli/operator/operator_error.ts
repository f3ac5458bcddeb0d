import { DewyError, type DewyErrorOptions } from "../../base/errors.ts";

/** Exit codes of the commands that speak to a running dewy; 1 is a wrong command line. */
export const OPERATOR_EXIT = {
  /** No dewy was found, or it does not answer. */
  unreachable: 2,
  /** It does not let this user do that. */
  refused: 3,
  /** It cannot do that: a conflict, no such version, a registry that is away. */
  impossible: 4,
  /** `status` only: dewy runs, and something is wrong. */
  failing: 5,
} as const;

/** Why a command that speaks to a running dewy came to nothing. */
export class OperatorError extends DewyError {
  override readonly name = "OperatorError";
  readonly kind = "application";

  constructor(
    readonly exitCode: number,
    /** For programs: `unreachable`, or the code of the admin API. */
    readonly code: string,
    message: string,
    options?: DewyErrorOptions,
  ) {
    super(message, options);
  }
}
