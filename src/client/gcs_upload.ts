import { FilesystemError } from "../base/errors.ts";
import { type MediaPlace, putMedia } from "./gcs_media.ts";

/**
 * Uploads a file of this host as an object, streamed.
 *
 * @throws {GcsAnswerError} When it may not be written.
 * @throws {FilesystemError} When the file cannot be read.
 */
export async function uploadFile(
  place: MediaPlace,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const file = await Deno.open(path).catch((cause: unknown) => {
    throw FilesystemError.wrap(`Cannot read "${path}"`, cause);
  });
  const { readable } = file;
  const init = {
    method: "POST",
    body: readable,
    headers: { "content-type": "application/octet-stream" },
    signal,
  };
  try {
    const response = await putMedia(place, { init });
    await response.body?.cancel();
  } finally {
    // A request that was never sent leaves the stream, and with it the file, to us.
    if (!readable.locked) await readable.cancel();
  }
}
