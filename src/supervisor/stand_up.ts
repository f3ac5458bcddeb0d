import { ApplicationError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import { abortable } from "../base/abortable.ts";
import { LinkedSignal } from "../base/linked_signal.ts";
import type { Clock } from "../base/time.ts";
import type { Application } from "../process/application.ts";
import type { ReleaseStore } from "../release/release_store.ts";
import { CRASH_LOOP } from "./roll_back.ts";
import type { StateFile } from "./state_file.ts";

/** What keeps a release in service between deploys. */
export interface StandUpDeps {
  /** Left out in assets mode. */
  readonly application: Application | undefined;
  readonly releases: ReleaseStore;
  readonly state: StateFile;
  readonly clock: Clock;
  readonly emit: EmitEvent;
}

/** Has the last good release in service, whatever the registry says. */
export async function standUp(deps: StandUpDeps): Promise<void> {
  const { application, releases, state, emit } = deps;
  await repairLink(deps);
  const { deployed } = state.value;
  if (application === undefined || application.running) return;
  if (deployed === undefined) return;
  if (await releases.current() === undefined) return;
  const { tag } = deployed;
  emit({ type: "server-starting", tag });
  await application.bringUp();
  const { pid, ports } = application;
  // It never rejects; what the worker proves is told when it has.
  void application.settled().then(() => {
    if (pid === undefined || application.pid !== pid) return;
    emit({ type: "server-started", tag, ports, restarted: false });
  });
}

/** Makes `current` again when someone removed it while its release is there. */
async function repairLink(
  { state, releases, emit }: StandUpDeps,
): Promise<void> {
  const { deployed } = state.value;
  if (deployed === undefined) return;
  if (await releases.current() !== undefined) return;
  const { path } = deployed;
  if (!await releases.has(path)) return;
  await releases.activate(path);
  emit({ type: "link-created", from: path, to: releases.link });
}

/** Waits for `ms`, or until the application crash-loops, or `signal` is aborted. */
export async function waitUnlessCrashing(
  ms: number,
  { application, clock }: StandUpDeps,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  while (!signal.aborted) {
    const leftMs = ms - (performance.now() - startedAt);
    if (leftMs <= 0) return;
    if (application === undefined) return await clock.delay(leftMs, signal);
    const { nextDeath } = application;
    using linked = new LinkedSignal(signal, nextDeath);
    await clock.delay(leftMs, linked.signal);
    if (!nextDeath.aborted || application.deaths >= CRASH_LOOP) return;
  }
}

/**
 * Ends a run of one tick: it went well only when the application stands.
 *
 * @throws {ApplicationError} When it does not, or dewy was stopped before the tick was over.
 */
export async function requireStanding(
  { application, state }: StandUpDeps,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) {
    throw new ApplicationError(
      "Cannot finish the one tick: dewy was stopped before it was over",
    );
  }
  if (application === undefined || state.value.deployed === undefined) return;
  await abortable(application.settled(), signal);
  if (application.pid !== undefined) return;
  throw new ApplicationError(
    "Cannot keep the application running: its worker does not stay up",
    { hint: "See the log, which has the application's own output too" },
  );
}
