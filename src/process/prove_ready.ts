import { ApplicationError, errorMessage } from "../base/errors.ts";
import { formatDuration } from "../base/duration.ts";
import { LinkedSignal } from "../base/linked_signal.ts";
import { delay } from "../base/time.ts";
import type { NotifySocket } from "./notify_socket.ts";
import { describeExit, type Worker } from "./worker.ts";

/** What a new worker has to show before the old one is told to go. */
export interface ReadyPolicy {
  /** It must send `READY=1` to the `NOTIFY_SOCKET` it is given. */
  readonly notify: boolean;
  /** It must answer this path with 2xx or 3xx, on a loopback socket that only it was given. */
  readonly healthPath: string | undefined;
  /** How long it has for the two above, milliseconds. */
  readonly timeoutMs: number;
  /** How long it must stay alive when neither is asked for, milliseconds. */
  readonly confirmTimeMs: number;
}

/** The means of proof that belong to one generation. */
export interface ProofChannels {
  readonly notify: NotifySocket | undefined;
  /** Port of the private socket. */
  readonly healthPort: number | undefined;
}

const HEALTH_PAUSE_MS = 200;
const HEALTH_ATTEMPT_MS = 5_000;

/**
 * Waits until `worker` has shown that it can take over; returns how.
 *
 * Old and new workers accept on the same sockets, so an answer there proves
 * nothing: each proof used here can come from the new worker alone.
 *
 * @throws {ApplicationError} When it ends, or its time is over, before that.
 */
export async function proveReady(
  worker: Worker,
  channels: ProofChannels,
  options: { readonly policy: ReadyPolicy; readonly signal: AbortSignal },
): Promise<string> {
  const { policy, signal } = options;
  const over = new AbortController();
  const stop = () => over.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  const died = worker.exited.then((exit) => {
    throw new ApplicationError(
      `The new worker ${describeExit(exit)} after ${
        formatDuration(worker.ageMs)
      }, before it was ready`,
      {
        hint:
          "See its own output in the log, or run the release by hand to see why",
      },
    );
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([
      died,
      waitForProof(channels, policy, over.signal),
    ]);
  } finally {
    over.abort();
    signal.removeEventListener("abort", stop);
    // Handled above when it mattered; a later exit is not an error of the proof.
    died.catch(() => undefined);
  }
}

async function waitForProof(
  channels: ProofChannels,
  policy: ReadyPolicy,
  signal: AbortSignal,
): Promise<string> {
  const proofs: string[] = [];
  const deadline = performance.now() + policy.timeoutMs;
  if (channels.notify !== undefined) {
    await waitForNotify(channels.notify, deadline, signal);
    proofs.push("READY=1");
  }
  if (policy.healthPath !== undefined && channels.healthPort !== undefined) {
    const url = `http://127.0.0.1:${channels.healthPort}${policy.healthPath}`;
    const status = await waitForHealth(url, deadline, signal);
    proofs.push(`${policy.healthPath} answered ${status}`);
  }
  if (proofs.length === 0) {
    await delay(policy.confirmTimeMs, signal);
    proofs.push(`alive for ${formatDuration(policy.confirmTimeMs)}`);
  }
  signal.throwIfAborted();
  return proofs.join(", ");
}

async function waitForNotify(
  socket: NotifySocket,
  deadline: number,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const stop = () => over.abort();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const ready = await Promise.race([
      socket.ready(),
      delay(deadline - performance.now(), over.signal).then(() => false),
    ]);
    signal.throwIfAborted();
    if (ready) return;
    throw new ApplicationError("The new worker did not send READY=1 in time", {
      hint:
        "Have the application call sd_notify when it can serve, give it longer with --health-timeout, or leave out --ready notify",
    });
  } finally {
    over.abort();
    signal.removeEventListener("abort", stop);
  }
}

async function waitForHealth(
  url: string,
  deadline: number,
  signal: AbortSignal,
): Promise<number> {
  // A pooled connection would outlive the private socket.
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  let problem = "it did not answer";
  let answered = false;
  let attempts = 0;
  while (attempts === 0 || performance.now() < deadline) {
    signal.throwIfAborted();
    attempts++;
    const outcome = await attempt(
      url,
      client,
      { leftMs: Math.max(deadline - performance.now(), 1), signal },
    );
    if (typeof outcome === "number") {
      if (outcome >= 200 && outcome < 400) return outcome;
      problem = `it answered ${outcome}`;
      answered = true;
    } else if (!answered) {
      // What it answers says more than an attempt that the deadline cut off.
      problem = outcome;
    }
    await delay(
      Math.min(HEALTH_PAUSE_MS, Math.max(deadline - performance.now(), 0)),
      signal,
    );
  }
  throw new ApplicationError(
    `The new worker did not pass the health check of "${
      new URL(url).pathname
    }" in ${attempts} attempts: ${problem}`,
    {
      hint:
        "The application must accept on every socket it inherits (the last one is private to the check); give it longer with --health-timeout",
    },
  );
}

async function attempt(
  url: string,
  client: Deno.HttpClient,
  options: { readonly leftMs: number; readonly signal: AbortSignal },
): Promise<number | string> {
  const { leftMs, signal } = options;
  const timeout = AbortSignal.timeout(Math.min(HEALTH_ATTEMPT_MS, leftMs));
  using linked = new LinkedSignal(signal, timeout);
  try {
    const response = await fetch(url, {
      client,
      redirect: "manual",
      signal: linked.signal,
    });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    return errorMessage(error);
  }
}
