import type { HistoryEntry } from "./state.ts";

/** Images that nobody needs any more. */
export interface OldImages {
  /** All that these versions stand for. */
  readonly tags: readonly string[];
  /** What a version stood for before its tag was given to another image. */
  readonly digests: readonly string[];
}

/**
 * Returns the images that nobody needs: those of versions that came into
 * service longer ago than the newest `keep`, those whose deploy failed before
 * the last that succeeded, and those whose tag another image got since then.
 *
 * @param history Oldest first.
 */
export function oldImages(
  history: readonly HistoryEntry[],
  keep: number,
): OldImages {
  const newestFirst = history.toReversed();
  const served = newestFirst.filter(cameIntoService);
  const kept = new Map<string, string | undefined>();
  for (const { tag, fingerprint } of served) {
    if (kept.size < keep && !kept.has(tag)) kept.set(tag, fingerprint);
  }
  // One that failed since then may be tried again.
  const recent = newestFirst.findIndex(cameIntoService);
  const settled = recent < 0 ? [] : newestFirst.slice(recent);
  const needed = new Set([
    ...kept.values(),
    ...newestFirst.slice(0, recent).map(({ fingerprint }) => fingerprint),
  ]);
  const digests = settled.map(({ fingerprint }) => fingerprint)
    .filter((digest) => digest?.startsWith("sha256:") && !needed.has(digest))
    .filter((digest) => digest !== undefined);
  const tags = settled.map(({ tag }) => tag).filter((tag) => !kept.has(tag));
  return { tags: [...new Set(tags)], digests: [...new Set(digests)] };
}

function cameIntoService({ outcome }: HistoryEntry): boolean {
  return outcome === "deployed" || outcome === "rolled-back";
}
