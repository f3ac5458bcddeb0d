/** Name pattern of a release folder: the UTC time it was unpacked, `20260115T103045Z`. */
const RELEASE_ID = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Begin of the name of a folder that is still being filled. */
export const STAGING_PREFIX = ".staging-";

/**
 * Folder below `releases` in which archives are unpacked, and the only one there
 * that the isolate which reads them may write. What is finished leaves it before
 * any link is made: a link that can be moved leads elsewhere.
 */
export const INCOMING = `${STAGING_PREFIX}incoming`;

/** Whether `name` is that of a release folder. */
export function isReleaseId(name: string): boolean {
  return RELEASE_ID.test(name);
}

/** Returns the release folder name for a time in Unix milliseconds. */
export function releaseId(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/[-:]|\.\d+/g, "");
}

/**
 * Returns a name that is later than all of `existing`, even when two releases
 * come within a second or the clock was set back: names then always sort in the
 * order of the deploys.
 */
export function nextReleaseId(
  nowMs: number,
  existing: readonly string[],
): string {
  const newest = existing.map(timeOf).reduce((a, b) => Math.max(a, b), 0);
  return releaseId(Math.max(nowMs, newest + 1000));
}

/** Returns the ids beyond the newest `keep` that are not in use, oldest first. */
export function removableReleases(
  existing: readonly string[],
  keep: number,
  inUse: ReadonlySet<string>,
): string[] {
  const sorted = existing.filter(isReleaseId).sort();
  return sorted.slice(0, Math.max(sorted.length - keep, 0))
    .filter((id) => !inUse.has(id));
}

function timeOf(name: string): number {
  const match = RELEASE_ID.exec(name);
  if (match === null) return 0;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}Z`,
  );
  return Number.isNaN(time) ? 0 : time;
}
