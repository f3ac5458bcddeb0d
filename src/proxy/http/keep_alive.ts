/** How long an idle connection is kept when the backend does not say, milliseconds: servers with the shortest patience close after five seconds. */
const IDLE_MS = 4_000;
const MAX_IDLE_MS = 55_000;

/** Whether the other end had closed a connection before we used it. */
export function isReset(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted;
}

/** Returns how long an idle connection is kept when its last answer said `seconds`, milliseconds. */
export function idleMsOf(seconds: number | undefined): number {
  if (seconds === undefined) return IDLE_MS;
  return Math.min(Math.max(seconds * 1_000 - 1_000, 0), MAX_IDLE_MS);
}
