import {
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { readText } from "../base/read_text.ts";
import type { ObjectText } from "./object_store.ts";
import { toConflict, undefinedIfMissing, wasRepeated } from "./s3_failure.ts";

/** An object that is read or written whole. */
export interface SmallObject {
  readonly bucket: string;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** What {@link putSmall} writes. */
export interface SmallWrite extends SmallObject {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** Replace only this version; empty: only when there is none; left out: whatever is there. */
  readonly ifVersion: string | undefined;
  /** `Cannot write "s3://bucket/key"`. */
  readonly what: string;
}

/** Reads an object of up to 1 MiB, or returns `undefined` when there is none. */
export async function getSmall(
  client: S3Client,
  { bucket, key, signal }: SmallObject,
): Promise<ObjectText | undefined> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  const answer = await client.send(command, { abortSignal: signal })
    .catch(undefinedIfMissing);
  if (answer === undefined) return undefined;
  const body = answer.Body?.transformToWebStream() ?? new Blob().stream();
  const text = await readText(body, { what: "The object" });
  return { text, version: answer.ETag ?? "" };
}

/**
 * Writes an object and returns its new version. An attempt whose answer gets
 * lost may have written it, and then the next one finds the condition broken by
 * itself; so a conflict of a later attempt counts only when something else is
 * there.
 *
 * @throws {VersionConflict} When `ifVersion` does not hold.
 */
export async function putSmall(
  client: S3Client,
  object: SmallWrite,
): Promise<string> {
  const { bytes, contentType, ifVersion, what, signal } = object;
  const command = new PutObjectCommand({
    Bucket: object.bucket,
    Key: object.key,
    Body: bytes,
    ContentType: contentType,
    ...(ifVersion === "" ? { IfNoneMatch: "*" } : {}),
    ...(ifVersion ? { IfMatch: ifVersion } : {}),
  });
  try {
    const answer = await client.send(command, { abortSignal: signal });
    return answer.ETag ?? "";
  } catch (error) {
    if (ifVersion === undefined) throw error;
    const conflict = toConflict(error, what);
    if (conflict === error || !wasRepeated(error)) throw conflict;
    const found = await getSmall(client, object);
    if (found?.text === new TextDecoder().decode(bytes)) return found.version;
    throw conflict;
  }
}
