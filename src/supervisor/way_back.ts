import type { VersionRules } from "../base/release.ts";
import { OperationError } from "./operations.ts";
import { pinnedError } from "./operator_failures.ts";
import type { WayBack } from "./orders.ts";
import type { State } from "./state.ts";
import { type RollbackMark, rollbackTarget } from "./state_operator.ts";
import { isOlder } from "./version_order.ts";

/** From where to where an operator goes back. */
export type Way = Pick<RollbackMark, "from" | "to" | "also">;

/**
 * Returns from where to where an operator goes back, as things are now: others
 * may have given orders since he said so, or a deploy come to its end.
 *
 * @throws {OperationError} When there is no way back.
 */
export function wayBack(
  { leave, present, to: named }: WayBack,
  state: State,
  rules: VersionRules,
): Way {
  const { deployed, pin } = state;
  if (deployed === undefined) throw nothingError();
  const to = named ?? targetOf({ leave, present }, state);
  if (to === undefined) throw nothingError();
  if (pin !== undefined && pin.tag !== to) throw pinnedError(pin.tag);
  const from = leftBy(leave, state, rules);
  const also = rules.chosenByServer === true
    ? leftToo(leave, state).filter((tag) => tag !== from && tag !== to)
    : [];
  return { from, to, ...(also.length === 0 ? {} : { also }) };
}

/** Returns what is not wanted again besides, where versions have no order. */
function leftToo(leave: string, { rollback, failures }: State): string[] {
  const before = rollback === undefined
    ? []
    : [rollback.from, ...rollback.also ?? []];
  return [...new Set([leave, ...before, ...failures.map(({ tag }) => tag)])];
}

/** Returns the newest version that is not wanted again. */
function leftBy(leave: string, state: State, rules: VersionRules): string {
  const { rollback, failures } = state;
  // Who goes back twice does not want what was left first.
  const first = leave === rollback?.to ? rollback.from : leave;
  // Nor what failed here, and would be tried again when its pause is over.
  const failed = failures.map(({ tag }) => tag);
  return [rollback?.from ?? first, ...failed].reduce(
    (newest, tag) => isOlder(newest, tag, rules) ? tag : newest,
    first,
  );
}

function targetOf(
  { leave, present }: Pick<WayBack, "leave" | "present">,
  state: State,
): string | undefined {
  const { deployed } = state;
  if (deployed?.tag === leave) return rollbackTarget(state)?.tag;
  // Its deploy was called off, so that the one before never left.
  if (deployed?.tag === present) return present;
  throw new OperationError(
    "conflict",
    `${deployed?.tag} is in service by now, and no longer ${present}`,
    { hint: 'See "dewy status", and name the version to go back to' },
  );
}

/** What is said where nothing was in service before. */
export function nothingError(): OperationError {
  return new OperationError("not-found", "There is nothing to roll back to", {
    hint: 'Name a version; "dewy plan" shows which there are',
  });
}
