import {
  DOCKER_HUB,
  imageName,
  type ImageReference,
  type ImageRepository,
  parseImageRepository,
  pinnedImage,
  taggedImage,
} from "../base/image_reference.ts";
import type { ImageDetails } from "./engine.ts";

/** Returns how engines call a repository: `ghcr.io/acme/web`, `docker.io/library/nginx`. */
export function engineName(place: ImageRepository): string {
  return imageName(asEngine(place));
}

/** Returns `ghcr.io/acme/web:v1.2.3`, as engines call it. */
export function taggedName(image: ImageReference): string {
  return taggedImage(asEngine(image));
}

/** Returns `ghcr.io/acme/web@sha256:…`, as engines call it. */
export function pinnedName(image: ImageReference): string {
  return pinnedImage(asEngine(image));
}

/** Other names of processors than those that images have. */
const ALIASES: Readonly<Record<string, string>> = {
  "x86_64": "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
};

/** Returns whether an image is for a platform as `--platform` has it: `linux/arm64`, `arm64`. */
export function isFor(
  image: ImageDetails,
  platform: string | undefined,
): boolean {
  const parts = new Set(image.platform.split("/"));
  const wanted = platform?.toLowerCase().split("/") ?? [];
  return wanted.every((part) => parts.has(ALIASES[part] ?? part));
}

/** Returns the repository in the name that a container was created from; empty when there is none in it. */
export function repositoryOf(image: string): string {
  const [plain = ""] = image.split("@");
  const colon = plain.lastIndexOf(":");
  const name = colon > plain.lastIndexOf("/") ? plain.slice(0, colon) : plain;
  const place = parseImageRepository(name);
  return "problem" in place ? "" : engineName(place);
}

/** Docker's own name for the Hub: by that of its host, credentials would not be found. */
function asEngine<T extends ImageRepository>(place: T): T {
  return place.registry === DOCKER_HUB
    ? { ...place, registry: "docker.io" }
    : place;
}
