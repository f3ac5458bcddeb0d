import type { ImageRepository } from "../base/image_reference.ts";
import { type Engine, EngineConflict, type Image } from "./engine.ts";
import { engineName, pinnedName, taggedName } from "./image_names.ts";

/** Which images are to go. */
export interface OldImageNames {
  readonly tags: readonly string[];
  /** Of images that lost their tag to another one; one that has a name still stays. */
  readonly digests: readonly string[];
}

/** What {@link removeImages} works with. */
interface RemoveOptions {
  readonly engine: Engine;
  readonly repository: ImageRepository;
  readonly old: OldImageNames;
  /** Identifiers of the images that containers are made of. */
  readonly used: ReadonlySet<string>;
}

/**
 * Removes images, those in use excepted.
 *
 * @returns Their names.
 */
export async function removeImages(
  { engine, repository, old, used }: RemoveOptions,
  signal: AbortSignal,
): Promise<string[]> {
  const { tags, digests } = old;
  if (tags.length === 0 && digests.length === 0) return [];
  const images = await engine.listImages(engineName(repository), signal);
  const found = [
    // A slot stands behind a "_" in the tag of an image.
    ...tags.map((tag) =>
      byTag(images, taggedName({ ...repository, tag: tag.replace("+", "_") }))
    ),
    ...digests.map((digest) =>
      byDigest(images, pinnedName({ ...repository, tag: "", digest }))
    ),
  ];
  const removed: string[] = [];
  for (const one of found) {
    if (one === undefined || used.has(one.id)) continue;
    if (await removeNames(one.names, engine, signal)) {
      removed.push(...one.names.slice(0, 1));
    }
  }
  return removed;
}

/** An image that may go, by its names. */
interface Named {
  readonly id: string;
  readonly names: readonly string[];
}

function byTag(images: readonly Image[], name: string): Named | undefined {
  const image = images.find(({ tags }) => tags.includes(name));
  if (image === undefined) return undefined;
  const { id, tags, digests } = image;
  // With its last tag its digests go as well.
  const isLast = tags.every((tag) => tag === name);
  return { id, names: isLast ? [name, ...digests] : [name] };
}

function byDigest(images: readonly Image[], name: string): Named | undefined {
  const image = images.find(({ digests }) => digests.includes(name));
  if (image === undefined || image.tags.length > 0) return undefined;
  const { id, digests } = image;
  const others = digests.filter((digest) => digest !== name);
  return { id, names: [name, ...others] };
}

/** Returns whether they are gone; the image of another application's containers stays. */
async function removeNames(
  names: readonly string[],
  engine: Engine,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    for (const name of names) await engine.removeImage(name, signal);
    return true;
  } catch (error) {
    if (error instanceof EngineConflict) return false;
    throw error;
  }
}
