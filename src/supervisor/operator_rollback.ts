import { FilesystemError } from "../base/errors.ts";
import { calledOff } from "./call_off.ts";
import {
  type ActionResult,
  OperationError,
  type OperatorAction,
} from "./operations.ts";
import { checkVersion } from "./operator_failures.ts";
import { order, type OrderDeps, resultOf } from "./operator_orders.ts";
import type { WayBack } from "./orders.ts";
import type { DeployProgress } from "./progress.ts";
import { markRollback, rollbackTarget } from "./state_operator.ts";
import { isOlder } from "./version_order.ts";
import { nothingError, type Way, wayBack } from "./way_back.ts";
import { unwrittenRemark } from "./written.ts";

/**
 * Goes back to the version that is named, or to the one before; a deploy that
 * is under way is called off.
 */
export async function rollBackNow(
  { version }: OperatorAction & { kind: "rollback" },
  deps: OrderDeps,
  signal: AbortSignal,
): Promise<ActionResult> {
  checkVersion(version);
  const { progress: { deploying }, state } = deps;
  refuseWhileTakenBack(deps);
  const present = state.value.deployed?.tag;
  if (present === undefined) throw nothingError();
  if (deploying !== undefined) {
    return await callOffDeploy({ version, present, deploying }, deps, signal);
  }
  const task: WayBack = {
    kind: "rollback",
    leave: present,
    present,
    to: version,
  };
  const { from, to } = wayBack(task, state.value, deps.rules);
  const before = rollbackTarget(state.value)?.tag;
  if (to !== before && isOlder(present, to, deps.rules)) {
    throw newerError(to, present);
  }
  if (to === present) {
    const message = `${to} is in service`;
    const result = "nothing-to-do";
    return { action: "rollback", result, version: to, message };
  }
  // A registry that hangs must not hold up the way back.
  const { pulse } = deps.supervisor;
  if (pulse.phase !== "waiting") deps.supervisor.callOff(calledOff(undefined));
  const outcome = await order(task, deps, signal);
  const words = outcome.kind === "started"
    ? `Going back from ${present} to ${to}; ${from} is not deployed again until a newer version appears`
    : outcome.reason;
  const message = words + await unwrittenRemark(state);
  return { action: "rollback", ...resultOf(outcome), message };
}

/** What was in service stays there; where the deploy is over before, it is gone back from as from any other. */
async function callOffDeploy(
  { version, present, deploying: { tag } }: {
    readonly version: string | undefined;
    readonly present: string;
    readonly deploying: DeployProgress;
  },
  deps: OrderDeps,
  signal: AbortSignal,
): Promise<ActionResult> {
  const { state, supervisor, rules, clock } = deps;
  const isReturn = state.value.rollback?.to === tag && tag !== present;
  const isOther = version !== undefined && version !== present;
  if (isReturn || isOther || version === tag) {
    throw underWayError(tag, isReturn);
  }
  const task: WayBack = { kind: "rollback", leave: tag, present, to: version };
  const way = wayBack(task, state.value, rules);
  await rememberAtOnce(way, deps, clock.now());
  supervisor.callOff(calledOff(tag));
  const { kind, tag: to } = await order(task, deps, signal);
  const isStarted = kind === "started";
  const words = isStarted
    ? `The deploy of ${tag} was over already; going back to ${to}`
    : `The deploy of ${tag} is called off; ${to} stays in service, and ${way.from} is not deployed again until a newer version appears`;
  const message = words + await unwrittenRemark(state);
  const result = isStarted ? "started" : "done";
  return { action: "rollback", result, version: to, message };
}

/** A dewy that is killed before the deploy has ended shall not take it up again. */
async function rememberAtOnce(
  way: Way,
  { state }: OrderDeps,
  at: number,
): Promise<void> {
  try {
    await state.update((value) => markRollback(value, { ...way, at }));
  } catch (error) {
    // The disk may be full: the loop tells that when it writes the same again.
    if (!(error instanceof FilesystemError)) throw error;
  }
}

/** dewy goes back by itself: who does so too would go back once more. */
function refuseWhileTakenBack({ state, progress }: OrderDeps): void {
  const { deploying, deployed } = state.value;
  if (deploying === undefined || progress.deploying !== undefined) return;
  throw new OperationError(
    "conflict",
    `${deploying.tag} dies again and again, and is being taken back to ${deployed?.tag}`,
    { hint: 'Wait for its end; "dewy status" shows it' },
  );
}

function underWayError(tag: string, isReturn: boolean): OperationError {
  const what = isReturn ? `${tag} is gone back to` : `${tag} is being deployed`;
  return new OperationError("conflict", what, {
    hint: isReturn
      ? 'Wait for its end; "dewy status" shows it'
      : 'Call it off with "dewy rollback", then name the version',
  });
}

function newerError(tag: string, present: string): OperationError {
  return new OperationError(
    "invalid",
    `${tag} is newer than ${present}, which is in service`,
    { hint: `Use "dewy deploy ${tag}"` },
  );
}
