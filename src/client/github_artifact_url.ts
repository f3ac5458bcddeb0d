import { SourceError } from "../base/errors.ts";
import { describeUrl } from "../base/url.ts";

/** A repository on GitHub. */
export interface GithubRepo {
  readonly owner: string;
  readonly repo: string;
}

/** An asset of a release, by its names. */
export interface GithubArtifact extends GithubRepo {
  readonly tag: string;
  readonly name: string;
}

/**
 * Returns `ghr://OWNER/REPO/tag/TAG/NAME`. Usual tags and names stand there as
 * they are, as other implementations write them; a slash in one is encoded.
 */
export function formatArtifactUrl(artifact: GithubArtifact): string {
  const { owner, repo, tag, name } = artifact;
  return `ghr://${owner}/${repo}/tag/${encode(tag)}/${encode(name)}`;
}

/**
 * Reads what {@link formatArtifactUrl} writes.
 *
 * @throws {SourceError} `invalid` when it has another form.
 */
export function parseArtifactUrl(url: string): GithubArtifact {
  const match = /^ghr:\/\/([^/?#]+)\/([^/?#]+)\/tag\/([^/?#]+)\/([^/?#]+)$/i
    .exec(url);
  try {
    const [, owner, repo, tag, name] = match?.map(decodeURIComponent) ?? [];
    if (name !== undefined) {
      return { owner: owner ?? "", repo: repo ?? "", tag: tag ?? "", name };
    }
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  throw new SourceError(
    "invalid",
    `Cannot read artifact URL "${describeUrl(url)}"`,
    { hint: "It must have the form ghr://OWNER/REPO/tag/TAG/NAME" },
  );
}

function encode(part: string): string {
  return encodeURIComponent(part).replaceAll("%2B", "+");
}
