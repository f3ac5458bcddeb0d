import { errorMessage } from "../base/errors.ts";
import { withDeadline } from "../base/time.ts";
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

/** Asks each port of an instance once. */
export async function checkHealth(
  instance: Instance,
  settings: HealthSettings,
  signal: AbortSignal,
): Promise<Sickness> {
  const sickness = await look(instance, settings, signal);
  // One that was called off has found nothing.
  if (!signal.aborted) settings.onLook?.(sickness);
  return sickness;
}

async function look(
  { addresses }: Instance,
  { path, attemptMs }: HealthSettings,
  signal: AbortSignal,
): Promise<Sickness> {
  const onTimeout = () => new DOMException("No answer in time", "TimeoutError");
  return await withDeadline(
    { signal, ms: attemptMs, onTimeout },
    async (over) => {
      let isFirst = true;
      for (const address of addresses.values()) {
        const sickness = path !== undefined && isFirst
          ? await get(address, path, over)
          : await connect(address, over);
        if (sickness !== undefined) return sickness;
        isFirst = false;
      }
      return undefined;
    },
  );
}

async function get(
  { hostname, port }: InstanceAddress,
  path: string,
  signal: AbortSignal,
): Promise<Sickness> {
  try {
    const response = await fetch(`http://${hostname}:${port}${path}`, {
      signal,
      redirect: "manual",
      headers: { "user-agent": "dewy", connection: "close" },
    });
    await response.body?.cancel();
    const { status } = response;
    return status >= 200 && status < 400
      ? undefined
      : `${path} answered ${status}`;
  } catch (error) {
    return `${path} did not answer: ${reasonOf(error)}`;
  }
}

async function connect(
  { hostname, port }: InstanceAddress,
  signal: AbortSignal,
): Promise<Sickness> {
  try {
    (await Deno.connect({ hostname, port, signal })).close();
    return undefined;
  } catch (error) {
    return `port ${port} took no connection: ${reasonOf(error)}`;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return "no answer in time";
  }
  const { cause } = error instanceof Error ? error : { cause: undefined };
  return errorMessage(cause ?? error);
}
