import {
  DOCKER_HUB,
  imageName,
  type ImageReference,
  type ImageRepository,
  parseImageRepository,
  pinnedImage,
  taggedImage,
} from "../base/image_reference.ts";
import type { Engine, Image } from "./engine.ts";

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

/** Returns the repository in the name that a container was created from; empty when there is none in it. */
export function repositoryOf(image: string): string {
  const [plain = ""] = image.split("@");
  const colon = plain.lastIndexOf(":");
  const name = colon > plain.lastIndexOf("/") ? plain.slice(0, colon) : plain;
  const place = parseImageRepository(name);
  return "problem" in place ? "" : engineName(place);
}

/**
 * Removes images by their tags, those in use excepted.
 *
 * @returns Their names.
 */
export async function removeImages(
  { engine, repository, tags, used }: {
    readonly engine: Engine;
    readonly repository: ImageRepository;
    readonly tags: readonly string[];
    /** Identifiers of the images that containers are made of. */
    readonly used: ReadonlySet<string>;
  },
  signal: AbortSignal,
): Promise<string[]> {
  if (tags.length === 0) return [];
  const images = await engine.listImages(engineName(repository), signal);
  const removed: string[] = [];
  for (const tag of tags) {
    const name = taggedName({ ...repository, tag });
    const image = images.find((image) => image.tags.includes(name));
    if (image === undefined || used.has(image.id)) continue;
    for (const reference of [name, ...lastDigests(image, name)]) {
      await engine.removeImage(reference, signal);
    }
    removed.push(name);
  }
  return removed;
}

/** The digests that go with the last name of an image. */
function lastDigests(
  { tags, digests }: Image,
  name: string,
): readonly string[] {
  return tags.every((tag) => tag === name) ? digests : [];
}

/** Docker's own name for the Hub: by that of its host, credentials would not be found. */
function asEngine<T extends ImageRepository>(place: T): T {
  return place.registry === DOCKER_HUB
    ? { ...place, registry: "docker.io" }
    : place;
}
