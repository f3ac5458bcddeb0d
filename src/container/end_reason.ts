import type { ContainerDetails } from "./engine.ts";

/** 128 and the number of `SIGKILL`. */
const KILLED = 137;

/** Returns how a container ended. */
export function endReason(
  { exitCode, isOomKilled, error, state }: ContainerDetails,
): string {
  if (isOomKilled) return "it ran out of memory (--memory)";
  if (error !== "") return error;
  if (state === "created") return "it was not started";
  if (exitCode === KILLED) {
    // Podman does not always learn that memory ran out.
    return `it was killed (exit code ${exitCode}): by somebody, or since memory ran out`;
  }
  return `it ended with exit code ${exitCode}`;
}
