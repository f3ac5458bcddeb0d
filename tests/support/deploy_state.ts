import assert from "node:assert/strict";
import { join } from "node:path";
import type { FailedRelease, State } from "../../src/supervisor/state.ts";
import type { DewyProcess, LogRecord } from "./dewy_process.ts";
import { eventually } from "./eventually.ts";

/** Returns what the dewy in `workdir` has written down. */
export async function readState(workdir: string): Promise<State> {
  const path = join(workdir, ".dewy", "state.json");
  return JSON.parse(await Deno.readTextFile(path));
}

/** Returns the failure of `tag` that is written down. */
export async function readFailure(
  workdir: string,
  tag: string,
): Promise<FailedRelease> {
  const { failures } = await readState(workdir);
  const failure = failures.find((failed) => failed.tag === tag);
  assert.ok(failure !== undefined, `no failure of ${tag} is written down`);
  return failure;
}

/** Waits for the `attempt`-th failed deploy of `tag` and the tick after it. */
export async function waitForFailure(
  dewy: DewyProcess,
  tag: string,
  attempt = 1,
): Promise<LogRecord> {
  const failed = await eventually(
    () => dewy.logs("Deploy failed", { tag })[attempt - 1],
    { timeoutMs: 20_000, message: `attempt ${attempt} of ${tag} fails` },
  ).catch((error: Error) => {
    throw new Error(`${error.message}\n${dewy.transcript()}`);
  });
  await waitForTicks(dewy, 1);
  return failed;
}

/** Waits until dewy has looked at the registry `count` times more and found nothing to do. */
export async function waitForTicks(
  dewy: DewyProcess,
  count: number,
): Promise<void> {
  const wanted = dewy.logs("Deploy skipped").length + count;
  await eventually(() => dewy.logs("Deploy skipped").length >= wanted, {
    timeoutMs: 30_000,
    message: `${count} more quiet ticks`,
  });
}

/** Returns the names of the release folders, staging ones included. */
export async function releaseNames(workdir: string): Promise<string[]> {
  const entries = await Array.fromAsync(
    Deno.readDir(join(workdir, "releases")),
  );
  return entries.map(({ name }) => name).sort();
}

/** Returns what `current` leads to. */
export function currentTarget(workdir: string): Promise<string> {
  return Deno.readLink(join(workdir, "current"));
}
