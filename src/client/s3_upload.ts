import { PutObjectCommand } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createS3Uploader, type S3Access } from "./s3_client.ts";

/** Where {@link uploadFile} puts a file. */
export interface UploadOptions extends S3Access {
  readonly bucket: string;
  readonly key: string;
  readonly signal: AbortSignal;
}

/**
 * Uploads a file as one object, at most 5 GiB. The file is read twice: its
 * SHA-256 is part of the signed request, and is then kept with the object.
 */
export async function uploadFile(
  path: string,
  options: UploadOptions,
): Promise<void> {
  const { bucket, key, signal } = options;
  const { digest, bytes } = await hashFile(path, signal);
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: createReadStream(path, { signal }),
    ContentLength: bytes,
    ContentType: "application/octet-stream",
    ChecksumAlgorithm: "SHA256",
    ChecksumSHA256: digest.toString("base64"),
  });
  // Otherwise the SDK would have to read the body itself to sign it.
  command.middlewareStack.add((next) => (args) => {
    setHeader(args.request, "x-amz-content-sha256", digest.toString("hex"));
    return next(args);
  }, { step: "build", name: "signKnownDigest" });
  const client = createS3Uploader(options);
  try {
    await client.send(command, { abortSignal: signal });
  } finally {
    client.destroy();
  }
}

async function hashFile(path: string, signal: AbortSignal) {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path, { signal })) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { digest: hash.digest(), bytes };
}

function setHeader(request: unknown, name: string, value: string): void {
  if (typeof request !== "object" || request === null) return;
  const { headers } = request as { headers?: Record<string, string> };
  if (headers !== undefined) headers[name] = value;
}
