import { DewyError, SourceError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import type { VersionRules } from "../base/release.ts";
import type { Clock } from "../base/time.ts";
import { causeOf } from "./call_off.ts";
import type { Ask } from "./chooser.ts";
import { tagOf } from "./chooser.ts";
import type { Action } from "./decide.ts";
import { OperationError } from "./operations.ts";
import type { Order, WayBack } from "./orders.ts";
import { endPause, type State } from "./state.ts";
import { markRollback, pinVersion } from "./state_operator.ts";
import type { StateFile } from "./state_file.ts";
import type { Target } from "./target.ts";
import { asError, tryOrTell } from "./try_or_tell.ts";
import { wayBack } from "./way_back.ts";

/** What an order is prepared with. */
export interface PerformDeps {
  readonly state: StateFile;
  readonly target: Pick<Target, "recall" | "restart">;
  readonly rules: VersionRules;
  readonly ask: Ask;
  readonly clock: Clock;
  readonly emit: EmitEvent;
}

/**
 * Does what an order asks for before the tick decides. Returns `false` when
 * nothing is left for the tick: the order was refused, which is no failure of
 * dewy's. What cannot be written down is told, and done all the same.
 */
export async function prepareTask(
  order: Order | undefined,
  deps: PerformDeps,
  signal: AbortSignal,
): Promise<boolean> {
  if (order === undefined) return true;
  try {
    await prepare(order, deps, signal);
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    const isRefusal = error instanceof OperationError ||
      error instanceof SourceError;
    if (!isRefusal) throw error;
    order.refuse(error);
    return false;
  }
}

async function prepare(
  order: Order,
  deps: PerformDeps,
  signal: AbortSignal,
): Promise<void> {
  const { task } = order;
  const { state, clock, emit } = deps;
  const at = clock.now();
  // A full disk may be the very reason for the order: it must not forbid it.
  const remember = (change: (state: State) => State) =>
    tryOrTell("the state", () => state.update(change), emit);
  switch (task.kind) {
    case "check":
      return;
    case "restart":
      return await restart(order, deps, signal);
    case "deploy":
      if (task.tag !== undefined) await requireVersion(task.tag, deps);
      return await remember((value) => endPause(value, task.tag, at));
    case "pin": {
      const { tag } = task;
      // What is in service can be kept, whatever becomes of it elsewhere.
      const isThere = state.value.deployed?.tag === tag;
      if (!isThere) await requireVersion(tag, deps);
      await remember((value) => endPause(pinVersion(value, tag, at), tag, at));
      const reason = "it is in service";
      if (isThere) order.settle({ kind: "nothing-to-do", tag, reason });
      return;
    }
    case "rollback":
      return await prepareWayBack(order, task, deps, remember);
    default:
      task satisfies never;
  }
}

/** What is here already needs no registry, neither to go back to nor to stay with. */
async function prepareWayBack(
  { settle }: Order,
  task: WayBack,
  deps: PerformDeps,
  remember: (change: (state: State) => State) => Promise<void>,
): Promise<void> {
  const { state, target, clock, rules } = deps;
  const way = wayBack(task, state.value, rules);
  const { to } = way;
  const isThere = state.value.deployed?.tag === to;
  if (!isThere) {
    const recalled = await target.recall(to);
    if (recalled?.isHere !== true) {
      await requireVersion(to, deps, recalled !== undefined);
    }
  }
  const at = clock.now();
  await remember((value) =>
    endPause(markRollback(value, { ...way, at }), to, at)
  );
  const reason = `${to} stays in service`;
  if (isThere) settle({ kind: "nothing-to-do", tag: to, reason });
}

/** A restart that fails leaves the application as it was; its failure is told, as after a signal. */
async function restart(
  { settle }: Order,
  { target, state, emit }: PerformDeps,
  signal: AbortSignal,
): Promise<void> {
  const tag = state.value.deployed?.tag;
  settle({ kind: "started", tag, reason: "the application is restarted" });
  try {
    await target.restart(signal);
  } catch (error) {
    const cause = causeOf(error, signal);
    const isStop = signal.aborted && !(cause instanceof DewyError);
    if (!isStop) emit({ type: "restart-failed", error: asError(cause) });
    signal.throwIfAborted();
  }
}

/**
 * Checks that a version can be had before anything is changed for it.
 *
 * @throws {OperationError} `not-found` when it cannot.
 * @throws {SourceError} When the registry cannot be read.
 */
async function requireVersion(
  tag: string,
  { ask }: PerformDeps,
  isRemembered = false,
): Promise<void> {
  const latest = await ask({ only: tag }).catch((error: unknown) => {
    if (isRemembered && error instanceof SourceError) return undefined;
    throw error;
  });
  if (latest === undefined || latest.kind === "release" || isRemembered) return;
  const reason = latest.kind === "filtered"
    ? latest.reason
    : `${tag} is incomplete: ${latest.incomplete[0]?.reason}`;
  throw new OperationError("not-found", `Cannot use ${tag}: ${reason}`, {
    hint: 'See what there is with "dewy plan"',
  });
}

/** Tells whoever gave an order what comes of it. */
export function settleOrder(order: Order | undefined, action: Action): void {
  const tag = tagOf(action);
  const { reason } = action;
  if (action.kind === "deploy") order?.settle({ kind: "started", tag, reason });
  else order?.settle({ kind: "nothing-to-do", tag, reason });
}
