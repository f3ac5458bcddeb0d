import { SourceError } from "../base/errors.ts";
import { withDeadline } from "../base/time.ts";

/** The registry must have answered before the caller gives up and the failure would be lost, milliseconds. */
const ASK_TIMEOUT_MS = 45_000;

/**
 * Has the registry behind a shared cache answer.
 *
 * @throws {SourceError} `timeout` when it does not in time.
 */
export async function askUpstream<T>(
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const onTimeout = () =>
    new SourceError(
      "timeout",
      `The registry did not answer in ${ASK_TIMEOUT_MS / 1000} s`,
    );
  const deadline = { signal, ms: ASK_TIMEOUT_MS, onTimeout, abandon: true };
  return await withDeadline(deadline, ask);
}
