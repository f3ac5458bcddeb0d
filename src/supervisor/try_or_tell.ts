import type { EmitEvent } from "../base/event.ts";

/** Does what must not stop the rest; a failure is told as an event. */
export async function tryOrTell(
  what: string,
  task: () => Promise<unknown>,
  emit: EmitEvent,
): Promise<void> {
  try {
    await task();
  } catch (error) {
    emit({ type: "cleanup-failed", what, error: asError(error) });
  }
}

/** Returns what was thrown as an error. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
