import { DewyError, errorMessage } from "../base/errors.ts";
import { slashedTagProblem } from "../base/tag.ts";
import { OperationError } from "./operations.ts";
import type { Hold } from "./state_operator.ts";

/** Returns what an operator is told when something else than a refusal went wrong. */
export function unavailable(error: unknown): OperationError {
  if (error instanceof OperationError) return error;
  const hint = error instanceof DewyError ? error.hint : undefined;
  return new OperationError("unavailable", errorMessage(error), {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** @throws {OperationError} `invalid` when a version cannot be the name of one. */
export function checkVersion(version: string | undefined): void {
  const problem = version === undefined
    ? undefined
    : slashedTagProblem(version);
  if (problem === undefined) return;
  throw new OperationError("invalid", `This is no version: ${problem}`, {
    hint: 'See what there is with "dewy plan"',
  });
}

/** What is said while another version is pinned. */
export function pinnedError(tag: string): OperationError {
  return new OperationError("conflict", `${tag} is pinned`, {
    hint: 'Pin the other version, or end that with "dewy unpin"',
  });
}

/** What is said while deploys are on hold. */
export function heldError({ reason }: Hold): OperationError {
  const why = reason ? `: ${reason}` : "";
  return new OperationError("conflict", `Deploys are on hold${why}`, {
    hint: 'End that with "dewy resume"',
  });
}
