import type { EmitEvent } from "../base/event.ts";
import { taggedImage } from "../base/image_reference.ts";
import type { Containers, ImageRelease } from "../container/containers.ts";
import { asError } from "./try_or_tell.ts";

/**
 * Has the image of a release on this host, and tells how it comes there.
 *
 * @throws {SourceError} When it cannot be pulled.
 */
export async function pullImage(
  release: ImageRelease,
  { containers, emit }: {
    readonly containers: Pick<Containers, "pull">;
    readonly emit: EmitEvent;
  },
  signal: AbortSignal,
): Promise<void> {
  const { tag, image: { digest } } = release;
  const image = taggedImage(release.image);
  try {
    const isNew = await containers.pull(release, {
      onBegin: () => emit({ type: "image-pulling", tag, image }),
      onProgress: ({ layer, status }) =>
        emit({ type: "image-pull-progress", layer, status }),
    }, signal);
    if (isNew) emit({ type: "image-pulled", tag, image, digest });
  } catch (error) {
    if (!signal.aborted) {
      emit({ type: "image-pull-failed", image, error: asError(error) });
    }
    throw error;
  }
}
