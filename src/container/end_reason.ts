import type { ContainerDetails } from "./engine.ts";

/** Returns how a container ended. */
export function endReason(
  { exitCode, isOomKilled, error, state }: ContainerDetails,
): string {
  if (isOomKilled) return "it ran out of memory (--memory)";
  if (error !== "") return error;
  if (state === "created") return "it was not started";
  return `it ended with exit code ${exitCode}`;
}
