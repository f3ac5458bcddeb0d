import type { GithubRepo } from "../client/github_artifact_url.ts";
import type { GithubClient } from "../client/github_client.ts";
import type { ReleasePage } from "../client/github_page.ts";
import type { GithubRelease } from "../client/github_release.ts";

/** GitHub lists no more than 10,000 releases. */
const MAX_PAGES = 100;
/** All pages are looked at again after so long, milliseconds. */
const FULL_READ_MS = 5 * 60 * 1000;

/** What {@link GhrPages} reads from. */
export interface GhrPagesOptions {
  readonly client: Pick<GithubClient, "listReleases">;
  readonly repo: GithubRepo;
  readonly now: () => number;
}

/**
 * The releases of a repository, read again with as few questions as the answer
 * needs.
 *
 * GitHub lists releases in an order it does not document, normally by the date
 * of their commit, so the newest version may stand on any page: fixes for an
 * old line push it down. So the first look reads all pages. Each later one asks
 * for page 1, where what is published normally appears, and for the pages that
 * hold the answer, whose files may change, each with its ETag: unchanged pages
 * cost no quota. When the order of a page has changed, everything behind it has
 * moved and is read, too. What can change without any of that, a late tag on an
 * old commit or an old release that is withdrawn, is seen by reading all pages
 * every five minutes.
 */
export class GhrPages {
  readonly #options: GhrPagesOptions;
  #pages: ReleasePage[] = [];
  #readFullyAt = -Infinity;

  constructor(options: GhrPagesOptions) {
    this.#options = options;
  }

  /**
   * Returns all releases as listed, drafts included.
   *
   * @param answer Ids of the releases that the last answer was about.
   * @throws {SourceError} When a page cannot be read.
   */
  async read(
    answer: ReadonlySet<number>,
    signal: AbortSignal,
  ): Promise<readonly GithubRelease[]> {
    const startedAt = this.#options.now();
    const sinceMs = startedAt - this.#readFullyAt;
    let full = !(sinceMs >= 0 && sinceMs < FULL_READ_MS);
    let moved = false;
    for (let index = 0; index < MAX_PAGES; index++) {
      const known = this.#pages[index];
      const isAsked = full || moved || known === undefined || index === 0 ||
        known.releases.some(({ id }) => answer.has(id));
      const page = isAsked ? await this.#ask(index, signal) : known;
      if (known !== undefined && order(page) !== order(known)) {
        moved = true;
        full ||= index === 0;
        // Should this read break off, or have passed over pages, the next one is a full one.
        this.#readFullyAt = -Infinity;
      }
      this.#pages[index] = page;
      if (page.hasNext) continue;
      this.#pages.length = index + 1;
      break;
    }
    if (full) this.#readFullyAt = startedAt;
    return this.#pages.flatMap(({ releases }) => releases);
  }

  async #ask(index: number, signal: AbortSignal): Promise<ReleasePage> {
    const { client, repo } = this.#options;
    const known = this.#pages[index];
    const question = { page: index + 1, etag: known?.etag };
    const page = await client.listReleases(repo, question, signal) ?? known;
    // Without an ETag there is nothing that the page could be unchanged from.
    return page ?? { etag: undefined, releases: [], hasNext: false };
  }
}

function order({ releases }: ReleasePage): string {
  return releases.map(({ id }) => id).join(" ");
}
