import { FilesystemError } from "../base/errors.ts";
import type { ActionResult, OperatorAction } from "./operations.ts";
import type { OrderDeps } from "./operator_orders.ts";
import type { State } from "./state.ts";
import { holdDeploys, resumeDeploys, unpin } from "./state_operator.ts";
import type { StateFile } from "./state_file.ts";
import { requireWritten } from "./written.ts";

const NOTHING = { result: "nothing-to-do", version: undefined } as const;

/** Ends a pin. */
export async function unpinNow(
  { state, supervisor: { orders } }: OrderDeps,
): Promise<ActionResult> {
  const { pin } = state.value;
  if (pin === undefined) {
    await requireWritten(state);
    return { action: "unpin", ...NOTHING, message: "No version is pinned" };
  }
  await remember(state, unpin);
  orders.nudge();
  const message = `${pin.tag} is no longer pinned`;
  return { action: "unpin", result: "done", version: pin.tag, message };
}

/** Lets no deploys start; one that is under way goes on. */
export async function hold(
  { reason }: OperatorAction & { kind: "hold" },
  { state, clock, progress: { deploying } }: OrderDeps,
): Promise<ActionResult> {
  const { hold: before } = state.value;
  if (before !== undefined && (reason ?? before.reason) === before.reason) {
    await requireWritten(state);
    const message = "Deploys are on hold already";
    return { action: "hold", ...NOTHING, message };
  }
  const at = before?.at ?? clock.now();
  await remember(state, (value) => holdDeploys(value, { at, reason }));
  const but = deploying === undefined
    ? ""
    : `; that of ${deploying.tag} is under way and goes on`;
  const message = `No deploys start until "dewy resume"${but}`;
  return { action: "hold", result: "done", version: undefined, message };
}

/** Ends a hold. */
export async function resume(
  { state, supervisor: { orders } }: OrderDeps,
): Promise<ActionResult> {
  if (state.value.hold === undefined) {
    await requireWritten(state);
    const message = "Deploys are not on hold";
    return { action: "resume", ...NOTHING, message };
  }
  await remember(state, resumeDeploys);
  orders.nudge();
  const message = "Deploys start again";
  return { action: "resume", result: "done", version: undefined, message };
}

/** @throws {OperationError} `unavailable` when it cannot be written down. */
async function remember(
  state: StateFile,
  change: (state: State) => State,
): Promise<void> {
  try {
    await state.update(change);
  } catch (error) {
    if (!(error instanceof FilesystemError)) throw error;
    await requireWritten(state);
  }
}
