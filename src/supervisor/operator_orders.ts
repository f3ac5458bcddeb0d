import { abortable } from "../base/abortable.ts";
import type { VersionRules } from "../base/release.ts";
import type { Clock } from "../base/time.ts";
import { compareVersions, parseVersion } from "../base/version.ts";
import type { ProgramFacts, Running } from "./describe_status.ts";
import {
  type ActionResult,
  OperationError,
  type OperatorAction,
} from "./operations.ts";
import {
  checkVersion,
  heldError,
  pinnedError,
  unavailable,
} from "./operator_failures.ts";
import type { Orders, Outcome, Task } from "./orders.ts";
import type { Progress } from "./progress.ts";
import type { Pulse } from "./pulse.ts";
import { rollbackTarget } from "./state_operator.ts";
import type { StateFile } from "./state_file.ts";

/** What an operator's orders are given with. */
export interface OrderDeps {
  readonly supervisor: {
    readonly pulse: Pulse;
    readonly orders: Orders;
  };
  readonly state: StateFile;
  readonly progress: Progress;
  readonly facts: ProgramFacts;
  readonly running: Running;
  readonly rules: VersionRules;
  readonly clock: Clock;
}

/** Checks the registry now, and deploys the version that is named, or the newest. */
export async function deployNow(
  { version }: OperatorAction & { kind: "deploy" },
  deps: OrderDeps,
  signal: AbortSignal,
): Promise<ActionResult> {
  const { pin, hold, deployed } = deps.state.value;
  checkVersion(version);
  refuseDuringDeploy(deps);
  if (hold !== undefined) throw heldError(hold);
  if (pin !== undefined && version !== undefined && version !== pin.tag) {
    throw pinnedError(pin.tag);
  }
  const present = deployed?.tag;
  if (version !== undefined && isOlder(version, present, deps.rules)) {
    throw new OperationError(
      "conflict",
      `${version} is older than ${present}, and the next poll would replace it again`,
      { hint: `Use "dewy rollback ${version}" or "dewy pin ${version}"` },
    );
  }
  const outcome = await order({ kind: "deploy", tag: version }, deps, signal);
  const message = outcome.kind === "started"
    ? `${outcome.tag} is being deployed: ${outcome.reason}`
    : outcome.reason;
  return { action: "deploy", ...resultOf(outcome), message };
}

/** Goes back to the version that is named, or to the one before. */
export async function rollBackNow(
  { version }: OperatorAction & { kind: "rollback" },
  deps: OrderDeps,
  signal: AbortSignal,
): Promise<ActionResult> {
  checkVersion(version);
  refuseDuringDeploy(deps);
  const { from, to, present } = wayBack(version, deps);
  if (to === present) {
    const message = `${to} is in service`;
    const result = "nothing-to-do";
    return { action: "rollback", result, version: to, message };
  }
  const outcome = await order({ kind: "rollback", from, to }, deps, signal);
  const message = outcome.kind === "started"
    ? `Going back from ${present} to ${to}; ${from} is not deployed again until a newer version appears`
    : outcome.reason;
  return { action: "rollback", ...resultOf(outcome), message };
}

function wayBack(
  version: string | undefined,
  { state, rules }: OrderDeps,
): { readonly from: string; readonly to: string; readonly present: string } {
  const { deployed, pin, rollback } = state.value;
  const previous = rollbackTarget(state.value)?.tag;
  const to = version ?? previous;
  if (deployed === undefined || to === undefined) {
    throw new OperationError("not-found", "There is nothing to roll back to", {
      hint: 'Name a version; "dewy plan" shows which there are',
    });
  }
  const { tag: present } = deployed;
  if (pin !== undefined && pin.tag !== to) throw pinnedError(pin.tag);
  if (to !== previous && isOlder(present, to, rules)) {
    throw new OperationError(
      "invalid",
      `${to} is newer than ${present}, which is in service`,
      { hint: `Use "dewy deploy ${to}"` },
    );
  }
  // Who goes back twice does not want what was left first.
  return { from: rollback?.from ?? present, to, present };
}

/** Wants one version until it is unpinned. */
export async function pinVersionNow(
  { version }: OperatorAction & { kind: "pin" },
  deps: OrderDeps,
  signal: AbortSignal,
): Promise<ActionResult> {
  checkVersion(version);
  refuseDuringDeploy(deps);
  const { pin: before, deployed } = deps.state.value;
  const isPresent = version === deployed?.tag;
  if (isPresent && before?.tag === version) {
    const message = `${version} is pinned and in service`;
    return { action: "pin", result: "nothing-to-do", version, message };
  }
  const outcome = await order({ kind: "pin", tag: version }, deps, signal);
  const isStarted = outcome.kind === "started";
  const what = isStarted ? "it is being deployed" : outcome.reason;
  const message = `${version} is pinned: ${what}`;
  const result = isStarted ? "started" : "done";
  return { action: "pin", result, version, message };
}

/** Restarts the application in the version that it has. */
export async function restartNow(
  deps: OrderDeps,
  signal: AbortSignal,
): Promise<ActionResult> {
  const { facts: { command }, running, state } = deps;
  if (command === "assets") {
    throw new OperationError(
      "invalid",
      "Cannot restart: dewy assets runs no program",
      { hint: "Files are in service as soon as they are deployed" },
    );
  }
  refuseDuringDeploy(deps);
  const isThere = running.program?.().running ??
    state.value.deployed !== undefined;
  if (!isThere) {
    throw new OperationError("conflict", "Cannot restart: nothing runs yet", {
      hint: "Publish a version, or wait for the first deploy",
    });
  }
  const outcome = await order({ kind: "restart" }, deps, signal);
  const message = "The application is restarted in the version that it has";
  return { action: "restart", ...resultOf(outcome), message };
}

/** @throws {OperationError} `conflict` while a version is on its way into service. */
function refuseDuringDeploy({ progress: { deploying } }: OrderDeps): void {
  if (deploying === undefined) return;
  throw new OperationError("conflict", `${deploying.tag} is being deployed`, {
    hint: 'Wait for its end; "dewy status" shows it',
  });
}

/** The loop does it with its next tick; whoever does not wait for that leaves it to the loop. */
async function order(
  task: Task,
  { supervisor: { orders } }: OrderDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return await abortable(orders.give(task), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw unavailable(error);
  }
}

function resultOf(
  { kind: result, tag: version }: Outcome,
): Pick<ActionResult, "result" | "version"> {
  return { result, version };
}

/** Whether one version is older than another, as far as they can be compared. */
function isOlder(
  tag: string,
  than: string | undefined,
  rules: VersionRules,
): boolean {
  if (than === undefined || rules.chosenByServer === true) return false;
  const [a, b] = [parseVersion(tag, rules), parseVersion(than, rules)];
  return a !== undefined && b !== undefined && compareVersions(a, b) < 0;
}
