import type { FakeAsset, FakeRelease } from "./github_server_repo.ts";

/** Where a release is. */
export interface Place {
  /** Base address of the API. */
  readonly apiUrl: string;
  /** Base address of uploads. */
  readonly uploadUrl: string;
  readonly owner: string;
  readonly repo: string;
}

/** Returns a release in the form of GitHub's API. */
export function releaseJson(release: FakeRelease, place: Place): unknown {
  const { id, tag, draft, createdAt, publishedAt, assets } = release;
  const { apiUrl, uploadUrl, owner, repo } = place;
  const repoPath = `repos/${owner}/${repo}`;
  const url = `${apiUrl}/${repoPath}/releases/${id}`;
  return {
    url,
    html_url: `https://github.com/${owner}/${repo}/releases/${id}`,
    assets_url: `${url}/assets`,
    upload_url: `${uploadUrl}/${repoPath}/releases/${id}/assets{?name,label}`,
    tarball_url: `${apiUrl}/${repoPath}/tarball/${encodeURIComponent(tag)}`,
    zipball_url: `${apiUrl}/${repoPath}/zipball/${encodeURIComponent(tag)}`,
    id,
    node_id: `RE_${id}`,
    tag_name: tag,
    target_commitish: "main",
    name: tag,
    body: `What is new in ${tag}`,
    draft,
    prerelease: false,
    immutable: false,
    created_at: createdAt,
    published_at: publishedAt,
    updated_at: publishedAt,
    author: userJson(),
    assets: assets.map((asset) => assetJson(asset, place)),
  };
}

/** Returns an asset in the form of GitHub's API. */
export function assetJson(asset: FakeAsset, place: Place): unknown {
  const { apiUrl, owner, repo } = place;
  const name = encodeURIComponent(asset.name);
  return {
    url: `${apiUrl}/repos/${owner}/${repo}/releases/assets/${asset.id}`,
    browser_download_url:
      `https://github.com/${owner}/${repo}/releases/download/x/${name}`,
    id: asset.id,
    node_id: `RA_${asset.id}`,
    name: asset.name,
    label: null,
    state: asset.state,
    content_type: asset.contentType,
    size: asset.size,
    digest: asset.digest,
    download_count: 0,
    created_at: asset.updatedAt,
    updated_at: asset.updatedAt,
    uploader: userJson(),
  };
}

function userJson(): unknown {
  const url = "https://api.github.com/users/octocat";
  return {
    login: "octocat",
    id: 1,
    node_id: "MDQ6VXNlcjE=",
    avatar_url: "https://github.com/images/error/octocat_happy.gif",
    gravatar_id: "",
    url,
    html_url: "https://github.com/octocat",
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: "User",
    site_admin: false,
  };
}
