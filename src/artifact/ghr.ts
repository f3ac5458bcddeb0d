import type { ArtifactBody } from "../base/artifact_body.ts";
import { SourceError } from "../base/errors.ts";
import { parseArtifactUrl } from "../client/github_artifact_url.ts";
import type { GithubClient } from "../client/github_client.ts";
import type { ArtifactStore } from "./artifact_store.ts";

/** Gives the bytes of release assets on GitHub: `ghr://OWNER/REPO/tag/TAG/NAME`. */
export class GhrArtifactStore implements ArtifactStore {
  readonly #client: GithubClient;

  constructor(client: GithubClient) {
    this.#client = client;
  }

  async open(url: string, signal: AbortSignal): Promise<ArtifactBody> {
    signal.throwIfAborted();
    const { owner, repo, tag, name } = parseArtifactUrl(url);
    const release = await this.#client
      .releaseByTag({ owner, repo }, tag, signal);
    const asset = release.assets
      .find((asset) => asset.name === name && asset.isUploaded);
    if (asset === undefined) {
      throw new SourceError(
        "not-found",
        `Cannot download "${name}": release "${tag}" of "${owner}/${repo}" has no such asset`,
      );
    }
    return await this.#client.openAsset({ owner, repo }, asset, signal);
  }
}
