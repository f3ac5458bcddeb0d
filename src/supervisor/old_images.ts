import type { HistoryEntry } from "./state.ts";

/**
 * Returns the versions whose images nobody needs: those that came into service
 * longer ago than the newest `keep`, and those whose deploy failed before the
 * last that succeeded.
 *
 * @param history Oldest first.
 */
export function tagsOfOldImages(
  history: readonly HistoryEntry[],
  keep: number,
): readonly string[] {
  const newestFirst = history.toReversed();
  const served = newestFirst.filter(cameIntoService);
  const kept = new Set(
    [...new Set(served.map(({ tag }) => tag))].slice(0, keep),
  );
  // One that failed since then may be tried again.
  const settled = newestFirst.slice(newestFirst.findIndex(cameIntoService));
  const old = served.length === 0 ? [] : settled.map(({ tag }) => tag);
  return [...new Set(old)].filter((tag) => !kept.has(tag));
}

function cameIntoService({ outcome }: HistoryEntry): boolean {
  return outcome === "deployed" || outcome === "rolled-back";
}
