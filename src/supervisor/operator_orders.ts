import { abortable } from "../base/abortable.ts";
import type { VersionRules } from "../base/release.ts";
import type { Clock } from "../base/time.ts";
import type { CalledOffError } from "./call_off.ts";
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
import type { StateFile } from "./state_file.ts";
import { isOlder } from "./version_order.ts";
import { requireWritten } from "./written.ts";

/** What an operator's orders are given with. */
export interface OrderDeps {
  readonly supervisor: {
    readonly pulse: Pulse;
    readonly orders: Orders;
    /** Ends what the loop is at, so that the next order is done now. */
    callOff(reason: CalledOffError): void;
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

/**
 * Wants one version until it is unpinned. Its deploy goes on also where the pin
 * cannot be written down.
 */
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
    await requireWritten(deps.state);
    const message = `${version} is pinned and in service`;
    return { action: "pin", result: "nothing-to-do", version, message };
  }
  const outcome = await order({ kind: "pin", tag: version }, deps, signal);
  await requireWritten(deps.state);
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
    hint: 'Wait for its end, or call it off with "dewy rollback"',
  });
}

/** The loop does it with its next tick; whoever does not wait for that leaves it to the loop. */
export async function order(
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

/** What is answered of an outcome. */
export function resultOf(
  { kind: result, tag: version }: Outcome,
): Pick<ActionResult, "result" | "version"> {
  return { result, version };
}
