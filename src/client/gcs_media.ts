import type { GcsConnection } from "./gcs_storage.ts";
import { UPLOAD_MS } from "./object_request.ts";

/** An object whose bytes are sent or fetched. */
export interface MediaPlace {
  readonly connection: GcsConnection;
  readonly bucket: string;
  readonly key: string;
}

/** What {@link putMedia} sends. */
export interface PutMediaOptions {
  /** Generation that is replaced; empty: there must be none. */
  readonly ifVersion?: string | undefined;
  readonly init: RequestInit & { readonly signal: AbortSignal };
}

/**
 * Fetches an object's bytes.
 *
 * @throws {GcsAnswerError} When there is none, or it may not be read.
 */
export function getMedia(
  place: MediaPlace,
  signal: AbortSignal,
): Promise<Response> {
  const { connection, bucket, key } = place;
  const path = `${encodeURIComponent(bucket)}/o/${encodeURIComponent(key)}`;
  return connection.fetch(
    `${connection.endpoint}/storage/v1/b/${path}?alt=media`,
    // Not compressed on the way: lengths and checksums are the object's.
    { headers: { "accept-encoding": "identity" }, signal },
  );
}

/**
 * Sends an object's bytes.
 *
 * @throws {GcsAnswerError} When it may not be written, or `ifVersion` does not hold.
 */
export function putMedia(
  place: MediaPlace,
  { ifVersion, init }: PutMediaOptions,
): Promise<Response> {
  const { connection, bucket, key } = place;
  const query = new URLSearchParams({ uploadType: "media", name: key });
  // Generation 0 means that there must be none.
  if (ifVersion !== undefined) {
    query.set("ifGenerationMatch", ifVersion || "0");
  }
  const url = `${connection.endpoint}/upload/storage/v1/b/${
    encodeURIComponent(bucket)
  }/o?${query}`;
  return connection.fetch(url, init, UPLOAD_MS);
}
