/**
 * Settles as `task` does, or rejects with the reason of `signal` as soon as it
 * is aborted, even when the task itself hangs, as a read from a dead network
 * file system does. What the task does afterwards is not waited for.
 */
export async function abortable<T>(
  task: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    // The abort comes first, so that it wins when both have happened.
    return await Promise.race([promise, task]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
