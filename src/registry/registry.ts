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
  /** Versions exist, and the slot, the constraint or the wish lets none of them through. */
  | { readonly kind: "filtered"; readonly reason: string };

/** What narrows a look-up down, besides the rules of the registry, which hold all the same. */
export interface Wish {
  /** This version and no other, as it is published: `v1.2.3`. */
  readonly only?: string;
  /** Versions that are not to be chosen. */
  readonly except?: readonly string[];
}

/** What the registry itself has to say of one version. */
export interface SurveyedVersion {
  readonly tag: string;
  readonly verdict:
    /** The one that `latest()` returns. */
    | "offered"
    /** Its artifact is not there, or not for this host. */
    | "incomplete"
    /** Slot, pre-release or constraint do not let it through. */
    | "filtered"
    /** Older than the offered one; whether it is complete was not looked at. */
    | "older";
  /** Why it is not offered; empty for the one that is. */
  readonly reason: string;
}

/** Versions of a registry, newest first. */
export type Survey = readonly SurveyedVersion[];

/** No survey is longer. */
export const SURVEY_MAX = 50;

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
   * Returns the newest version that this host may deploy, or the one that is
   * wished for. A wish that cannot be met is answered with the reason
   * (`filtered`); a registry whose server chooses cannot meet one for another
   * version than its own.
   *
   * @throws {SourceError} When the registry cannot be read, or holds no version at all (`not-found`).
   */
  latest(signal: AbortSignal, wish?: Wish): Promise<Latest>;

  /**
   * Returns what the registry shows, and why each version is not offered; at
   * most {@link SURVEY_MAX}. It costs what {@link latest} costs. A registry
   * whose server chooses shows its one answer.
   *
   * @throws {SourceError} When the registry cannot be read.
   */
  survey(signal: AbortSignal): Promise<Survey>;

  /**
   * Leaves the audit record of a deploy. A driver that only records successes
   * ignores reports with an `error`.
   *
   * @throws {SourceError} When the record cannot be written.
   */
  report(report: DeployReport, signal: AbortSignal): Promise<void>;
}
