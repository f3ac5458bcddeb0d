import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ByteSource } from "./byte_source.ts";
import { readFailure } from "./extract_errors.ts";

/**
 * Sends `source` through `transform`, which is used up. Whoever stops early has
 * both torn down before it goes on.
 *
 * @throws {ArtifactError} `corrupt` when the transform finds its input wrong.
 */
export async function* through(
  transform: Transform,
  source: AsyncIterable<Uint8Array>,
): ByteSource {
  // What went wrong is thrown by the loop; here it only matters that all is over.
  const settled = pipeline(source, transform).catch(() => {});
  try {
    for await (const chunk of transform) yield chunk;
  } catch (cause) {
    throw readFailure(cause);
  } finally {
    transform.destroy();
    await settled;
  }
}
