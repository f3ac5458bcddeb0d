/** Where images are kept: `ghcr.io` and `acme/web`. */
export interface ImageRepository {
  /** Host, and port where it is not the standard one; lower case: `localhost:5000`. */
  readonly registry: string;
  /** `acme/web`; on Docker Hub never without a slash: `library/nginx`. */
  readonly repository: string;
}

/** One image. */
export interface ImageReference extends ImageRepository {
  /** As it stands in the registry: `v1.2.3_blue`. */
  readonly tag: string;
  /** `sha256:` and 64 hexadecimal digits; left out where only the tag is known. */
  readonly digest?: string;
}

/** Docker Hub's own registry, whatever name it was called by. */
export const DOCKER_HUB = "registry-1.docker.io";
const HUB_NAMES = new Set(["docker.io", "index.docker.io", DOCKER_HUB]);

/** No registry has longer names; characters. */
const MAX_NAME_LENGTH = 255;
const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * Returns the repository that `HOST[:PORT]/PATH` names, or why it names none.
 * As with Docker, the first part is a host only when it holds a dot or a colon,
 * or is `localhost`; all else is on Docker Hub.
 */
export function parseImageRepository(
  text: string,
): ImageRepository | { readonly problem: string } {
  const parts = text.replace(/\/$/, "").split("/");
  const [first = ""] = parts;
  const isHost = parts.length > 1 &&
    (/[.:]/.test(first) || first.toLowerCase() === "localhost");
  const registry = isHost ? hostOf(first) : DOCKER_HUB;
  if (registry === undefined) return { problem: `"${first}" is no host` };
  const path = (isHost ? parts.slice(1) : parts).join("/");
  // Docker would look for a repository of that name; nobody means that.
  if (parts.length === 1 && /^[^:@]*\.[^:@]*$/.test(first)) {
    return { problem: "it names no repository" };
  }
  const repository = registry === DOCKER_HUB && !path.includes("/")
    ? `library/${path}`
    : path;
  const problem = repositoryProblem(path);
  return problem === undefined ? { registry, repository } : { problem };
}

function hostOf(text: string): string | undefined {
  const [, host = "", port] = /^(.*?)(?::([0-9]{1,5}))?$/.exec(
    text.toLowerCase(),
  ) ?? [];
  if (!HOST.test(host)) return undefined;
  if (port === undefined) return HUB_NAMES.has(host) ? DOCKER_HUB : host;
  return Number(port) > 0 && Number(port) < 65_536
    ? `${host}:${Number(port)}`
    : undefined;
}

function repositoryProblem(path: string): string | undefined {
  if (path === "") return "it names no repository";
  if (path.length > MAX_NAME_LENGTH) return "its name is too long";
  if (REPOSITORY.test(path)) return undefined;
  return /[@:]/.test(path)
    ? "it names a tag or a digest"
    : "the name of a repository has lower-case letters, digits, and single separators";
}

/** Whether `tag` can be the tag of an image. */
export function isImageTag(tag: string): boolean {
  return TAG.test(tag);
}

/** Whether `digest` is one of SHA-256. */
export function isImageDigest(digest: string): boolean {
  return DIGEST.test(digest);
}

/** Whether `host`, with or without a port, is this machine itself. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:[0-9]+$/, "");
  return name === "localhost" || name === "[::1]" ||
    /^127(?:\.(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}$/.test(name);
}

/** Returns `img://ghcr.io/acme/web:v1.2.3@sha256:…`, what a release calls its image. */
export function imageUrl(image: ImageReference): string {
  const pin = image.digest === undefined ? "" : `@${image.digest}`;
  return `img://${taggedImage(image)}${pin}`;
}

/** Returns the image that a release's `img://` URL names, or `undefined` when it names none. */
export function parseImageUrl(url: string): ImageReference | undefined {
  const match = /^img:\/\/(?<name>[^?#@]+):(?<tag>[^/:@]+)(?:@(?<digest>.+))?$/i
    .exec(url);
  const { name = "", tag = "", digest } = match?.groups ?? {};
  const place = parseImageRepository(name);
  if ("problem" in place || !isImageTag(tag)) return undefined;
  if (digest === undefined) return { ...place, tag };
  return isImageDigest(digest) ? { ...place, tag, digest } : undefined;
}

/** Returns `ghcr.io/acme/web:v1.2.3`, by which people know an image. */
export function taggedImage({ tag, ...place }: ImageReference): string {
  return `${imageName(place)}:${tag}`;
}

/** Returns `ghcr.io/acme/web@sha256:…`, which never names another image; by the tag where no digest is known. */
export function pinnedImage(image: ImageReference): string {
  return image.digest === undefined
    ? taggedImage(image)
    : `${imageName(image)}@${image.digest}`;
}

/** Returns `ghcr.io/acme/web`. */
export function imageName({ registry, repository }: ImageRepository): string {
  return `${registry}/${repository}`;
}
