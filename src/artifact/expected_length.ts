import type { ArtifactBody } from "../base/artifact_body.ts";
import { ArtifactError } from "../base/errors.ts";
import type { Release } from "../base/release.ts";

/**
 * Holds the bytes of a release to the size that the registry announced, if it
 * announced one. A length that its source tells is compared at once; otherwise
 * whoever stores the bytes compares what came.
 *
 * @throws {ArtifactError} `length` when they differ; the stream is given up then.
 */
export function expectAnnounced(
  body: ArtifactBody,
  { artifactName, size }: Pick<Release, "artifactName" | "size">,
): ArtifactBody {
  const { stream, length = size } = body;
  if (size === undefined) return body;
  if (length === size) return { stream, length: size };
  // How the source takes its cancellation does not matter any more.
  stream.cancel().catch(() => {});
  throw new ArtifactError(
    "length",
    `Cannot download "${artifactName}": it has ${length} bytes, and the registry announced ${size}`,
    {
      hint:
        "It was replaced just now, which the next poll sees, or something on the way changes it",
    },
  );
}
