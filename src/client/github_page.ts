import { type GithubRelease, readReleases } from "./github_release.ts";

/** One page of releases. */
export interface ReleasePage {
  readonly etag: string | undefined;
  /** As listed, drafts included. */
  readonly releases: readonly GithubRelease[];
  /** Whether GitHub says that there is another page. */
  readonly hasNext: boolean;
}

/** Releases on a full page; the most that GitHub gives at once. */
export const PAGE_SIZE = 100;

/** What the API answers to a question for a page. */
export interface PageAnswer {
  readonly data: unknown;
  readonly headers: {
    readonly etag?: string | undefined;
    readonly link?: string | undefined;
  };
}

/**
 * Reads a page of releases.
 *
 * @throws {SourceError} As {@link readReleases}.
 */
export function readPage({ data, headers }: PageAnswer): ReleasePage {
  const releases = readReleases(data);
  return {
    etag: headers.etag,
    releases,
    // A full page without the header is asked about once more than needed.
    hasNext: /;\s*rel="?next"?/.test(headers.link ?? "") ||
      releases.length >= PAGE_SIZE,
  };
}
