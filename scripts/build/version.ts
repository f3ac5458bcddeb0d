import config from "../../deno.json" with { type: "json" };
import type { VersionInfo } from "../../src/base/version_info.ts";

/** A version and the time it stands for, in seconds since 1970. */
export interface BuildVersion extends VersionInfo {
  readonly epoch: number;
}

/** What {@link buildVersion} reads. */
export interface VersionSource {
  /** The checkout. */
  readonly cwd: string;
  /** The value of `SOURCE_DATE_EPOCH`, which stands in for the time of the commit. */
  readonly sourceDateEpoch?: string | undefined;
  /** Fails unless this is the tag of the version, set on a clean checkout. */
  readonly release?: string | undefined;
}

/**
 * Returns what a build says of itself: the version of deno.json when its tag is
 * on a clean checkout, else `<version>-dev+<commit>`, with `.dirty` when files
 * are changed.
 *
 * @throws {RangeError} When `release` or `SOURCE_DATE_EPOCH` cannot be true.
 * @throws When git cannot be asked.
 */
export async function buildVersion(
  source: VersionSource,
): Promise<BuildVersion> {
  const { cwd, release } = source;
  const commit = await git(cwd, "rev-parse", "HEAD");
  const tags = await git(cwd, "tag", "--points-at", "HEAD");
  const isDirty = await git(cwd, "status", "--porcelain") !== "";
  const tag = `v${config.version}`;
  const isRelease = !isDirty && tags.split("\n").includes(tag);
  if (release !== undefined && (release !== tag || !isRelease)) {
    throw new RangeError(
      `Cannot build the release "${release}": deno.json says ${config.version}, the tags of this commit are "${
        tags.replaceAll("\n", " ")
      }", files are ${isDirty ? "changed" : "not changed"}`,
    );
  }
  const suffix = `-dev+${commit.slice(0, 7)}${isDirty ? ".dirty" : ""}`;
  const epoch = readEpoch(
    source.sourceDateEpoch || await git(cwd, "log", "-1", "--format=%ct"),
  );
  return {
    version: isRelease ? config.version : config.version + suffix,
    commit,
    date: isoTime(epoch),
    epoch,
  };
}

/** Returns seconds since 1970 as `2026-01-31T12:00:00Z`. */
export function isoTime(epoch: number): string {
  return new Date(epoch * 1000).toISOString().replace(".000Z", "Z");
}

function readEpoch(text: string): number {
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new RangeError(
    `Cannot take the time of the build: SOURCE_DATE_EPOCH must be whole seconds since 1970: current value is "${text}"`,
  );
}

async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: [...args],
    cwd,
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout).trim();
  throw new Error(`git ${args.join(" ")}: ${decoder.decode(stderr)}`);
}
