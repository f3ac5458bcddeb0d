import type { EmitEvent } from "../base/event.ts";
import { delay } from "../base/time.ts";
import type { Worker } from "./worker.ts";

/** How a worker is ended; times in milliseconds. */
export interface EndOptions {
  /** From SIGTERM to SIGKILL; 0 for never. */
  readonly killAfterMs: number;
  /** The same, from the moment `stopping` is aborted on; 0 kills at once. */
  readonly stopTimeoutMs: number;
  /** Aborted when dewy itself stops. */
  readonly stopping: AbortSignal;
  readonly emit: EmitEvent;
}

/** Longest pause a timer takes, milliseconds. */
const NEVER_MS = 2 ** 31 - 1;

/** Tells a worker to finish and waits for it; when its time is over, it is killed with its whole group. */
export async function endWorker(
  worker: Worker,
  options: EndOptions,
): Promise<void> {
  const { killAfterMs, stopTimeoutMs, stopping, emit } = options;
  const { pid, generation } = worker;
  const startedAt = performance.now();
  const gone = new AbortController();
  void worker.exited.then(() => gone.abort());
  worker.signal("SIGTERM");
  const either = new AbortController();
  const wake = () => either.abort();
  gone.signal.addEventListener("abort", wake, { once: true });
  stopping.addEventListener("abort", wake, { once: true });
  if (stopping.aborted) wake();
  await delay(killAfterMs === 0 ? NEVER_MS : killAfterMs, either.signal);
  stopping.removeEventListener("abort", wake);
  // dewy stops meanwhile: its own limit counts from now on.
  if (stopping.aborted) await delay(stopTimeoutMs, gone.signal);
  if (!gone.signal.aborted) {
    const waitedMs = Math.round(performance.now() - startedAt);
    emit({ type: "worker-killed", pid, generation, waitedMs });
    worker.killGroup();
  }
  const exit = await worker.exited;
  emit({ type: "worker-retired", pid, generation, exit });
}
