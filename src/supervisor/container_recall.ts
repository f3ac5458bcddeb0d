import { ApplicationError, ConfigError } from "../base/errors.ts";
import { type ImageReference, parseImageUrl } from "../base/image_reference.ts";
import type { Release } from "../base/release.ts";
import type { ImageRelease } from "../container/containers.ts";
import { rollOut, type RollOutOptions } from "../rollout/roll_out.ts";
import type { ContainerKeeper } from "./container_keeper.ts";
import { recordsOf, releaseOf } from "./recall.ts";
import type { State } from "./state.ts";
import type { StateFile } from "./state_file.ts";
import type { Recalled } from "./target.ts";

/** @throws {ConfigError} When the artifact of the release is no image. */
export function imageOf({ tag, artifactUrl }: Release): ImageReference {
  const image = parseImageUrl(artifactUrl);
  if (image !== undefined) return image;
  throw new ConfigError(
    `Cannot deploy ${tag} as a container: "${artifactUrl}" names no image`,
    { hint: "Name a registry of images: --registry img://HOST/REPOSITORY" },
  );
}

/** Returns a version that was in service as its image was then; by its digest it needs no look-up. */
export function recallImage(state: State, tag: string): Recalled | undefined {
  const record = recordsOf(state, tag)
    .find(({ path }) => parseImageUrl(path)?.digest !== undefined);
  if (record === undefined) return undefined;
  return { release: releaseOf(record, record.path), isHere: true };
}

/**
 * Replaces every container by one of the same image, with no fewer at any time.
 *
 * @throws {ApplicationError} When nothing is deployed, or a new one does not get healthy.
 */
export async function restartContainers(
  { state, keeper, rollOut: options }: {
    readonly state: StateFile;
    readonly keeper: ContainerKeeper;
    readonly rollOut: RollOutOptions<ImageRelease>;
  },
  signal: AbortSignal,
): Promise<void> {
  const { deployed } = state.value;
  const image = deployed && parseImageUrl(deployed.path);
  if (deployed === undefined || image === undefined) {
    throw new ApplicationError(
      "Cannot restart the containers: no version is deployed",
      { hint: "Publish one, or wait for the first deploy" },
    );
  }
  const next = { tag: deployed.tag, image };
  await keeper.exclusively(() =>
    rollOut(next, {
      ...options,
      onStanding: (instances) => {
        keeper.follow(next, instances);
        return Promise.resolve();
      },
    }, signal)
  );
}
