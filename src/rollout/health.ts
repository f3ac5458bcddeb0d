import { errorMessage } from "../base/errors.ts";
import { delay, withDeadline } from "../base/time.ts";
import type { Instance, InstanceAddress } from "./instance.ts";

/** How an instance shows that it is well. */
export interface HealthSettings {
  /** Path that must answer 2xx or 3xx on the first port; without one a connection is enough. */
  readonly path: string | undefined;
  /** Longest wait for one answer, milliseconds. */
  readonly attemptMs: number;
  /** Told what each look found, for those who count. */
  readonly onLook?: (sickness: Sickness) => void;
}

/** Why an instance is not well; `undefined` when it is. */
export type Sickness = string | undefined;

const WELL: Finding = { sickness: undefined };
/** A connection that is open for so long is one that the application has taken, milliseconds. */
const QUIET_MS = 200;

/** What a look at an instance found. */
export interface Finding {
  readonly sickness: Sickness;
  /** What it answered to the path: `200 OK`; left out when it was not asked, or is not well. */
  readonly answer?: string;
}

/** Asks each port of an instance once. */
export async function checkHealth(
  instance: Instance,
  settings: HealthSettings,
  signal: AbortSignal,
): Promise<Finding> {
  const finding = await look(instance, settings, signal);
  // One that was called off has found nothing.
  if (!signal.aborted) settings.onLook?.(finding.sickness);
  return finding;
}

async function look(
  { addresses }: Instance,
  { path, attemptMs }: HealthSettings,
  signal: AbortSignal,
): Promise<Finding> {
  const onTimeout = () => new DOMException("No answer in time", "TimeoutError");
  return await withDeadline(
    { signal, ms: attemptMs, onTimeout },
    async (over) => {
      const found = await Promise.all(
        [...addresses.values()].map((address, index) =>
          path !== undefined && index === 0
            ? get(address, path, over)
            : connect(address, over)
        ),
      );
      return found.find(({ sickness }) => sickness !== undefined) ??
        found.find(({ answer }) => answer !== undefined) ?? WELL;
    },
  );
}

async function get(
  { hostname, port }: InstanceAddress,
  path: string,
  signal: AbortSignal,
): Promise<Finding> {
  try {
    const response = await fetch(`http://${hostname}:${port}${path}`, {
      signal,
      redirect: "manual",
      headers: { "user-agent": "dewy", connection: "close" },
    });
    await response.body?.cancel();
    const { status, statusText } = response;
    return status >= 200 && status < 400
      ? { sickness: undefined, answer: `${status} ${statusText}`.trim() }
      : { sickness: `${path} answered ${status}` };
  } catch (error) {
    return { sickness: `${path} did not answer: ${reasonOf(error)}` };
  }
}

async function connect(
  { hostname, port }: InstanceAddress,
  signal: AbortSignal,
): Promise<Finding> {
  try {
    const connection = await Deno.connect({ hostname, port, signal });
    return await isHungUp(connection, signal)
      ? { sickness: `port ${port} closes connections at once` }
      : WELL;
  } catch (error) {
    return { sickness: `port ${port} took no connection: ${reasonOf(error)}` };
  }
}

/**
 * Whether the other side closes a connection at once without a word. Docker's
 * own proxy takes connections for a container in which nobody listens, and
 * finds that out only then.
 */
async function isHungUp(
  connection: Deno.TcpConn,
  signal: AbortSignal,
): Promise<boolean> {
  const over = new AbortController();
  const reading = connection.read(new Uint8Array(1)).then(
    (count) => count === null,
    // Closed here when the time is over; else the other side broke it off.
    () => !over.signal.aborted,
  );
  const quiet = delay(QUIET_MS, AbortSignal.any([over.signal, signal]))
    .then(() => false);
  const isClosed = await Promise.race([reading, quiet]);
  over.abort();
  connection.close();
  await reading;
  return isClosed;
}

function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return "no answer in time";
  }
  const { cause } = error instanceof Error ? error : { cause: undefined };
  return errorMessage(cause ?? error);
}
