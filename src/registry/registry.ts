import type { Release, VersionRules } from "../base/release.ts";

/** A newer version that cannot be deployed yet. */
export interface IncompleteVersion {
  readonly tag: string;
  /** What is missing: `artifact not found: app_linux_amd64.tar.gz`; or `permission denied: `, and what to do. */
  readonly reason: string;
  /** When the version was published, Unix milliseconds. */
  readonly publishedAt: number;
  /** Whether it was published less than the grace period ago, so that its upload may still be under way. */
  readonly withinGrace: boolean;
}

/** The answer to "which version is wanted?". */
export type Latest =
  /** The newest complete version; `incomplete` lists newer ones that lack their artifact, newest first. */
  | {
    readonly kind: "release";
    readonly release: Release;
    readonly incomplete: readonly IncompleteVersion[];
  }
  /** Versions exist, and none of them is complete. */
  | {
    readonly kind: "incomplete";
    readonly incomplete: readonly IncompleteVersion[];
  }
  /** Versions exist, and the slot or the constraint lets none of them through. */
  | { readonly kind: "filtered"; readonly reason: string };

/** What a host tells the registry after a deploy. */
export interface DeployReport {
  readonly release: Release;
  readonly command: "server" | "assets" | "container";
  /** Lower-cased host name. */
  readonly host: string;
  /** When the deploy ended, Unix milliseconds. */
  readonly at: number;
  /** Why it failed; left out after a success. */
  readonly error?: string;
}

/** How long a version may lack its artifact before that is an error, milliseconds. */
export const GRACE_PERIOD_MS = 30 * 60 * 1000;

/** Says which version is wanted. A driver answers; waiting, retrying and logging are its caller's. */
export interface Registry {
  /** How this registry's versions are read, filtered and ordered. */
  readonly rules: VersionRules;

  /**
   * Returns the newest version that this host may deploy.
   *
   * @throws {SourceError} When the registry cannot be read, or holds no version at all (`not-found`).
   */
  latest(signal: AbortSignal): Promise<Latest>;

  /**
   * Leaves the audit record of a deploy. A driver that only records successes
   * ignores reports with an `error`.
   *
   * @throws {SourceError} When the record cannot be written.
   */
  report(report: DeployReport, signal: AbortSignal): Promise<void>;
}
