import type { Release } from "../base/release.ts";
import type { CacheEntry } from "../cache/cache.ts";

/** One deploy on its way, and how far it has come. */
export interface DeployAttempt {
  readonly release: Release;
  readonly startedAt: number;
  /** Folder that `current` led to before. */
  readonly previousPath: string | undefined;
  /** Its own folder, when that was there before. */
  readonly recalledPath: string | undefined;
  entry?: CacheEntry;
  /** Its own folder, once it is there. */
  path?: string;
  activated: boolean;
  /** The worker in front when the link was swapped: one that came later runs the new release. */
  workerBefore?: number | undefined;
}
