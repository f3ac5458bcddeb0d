import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { ArtifactBody } from "../base/artifact_body.ts";
import { toArtifactBody } from "./object_body.ts";
import {
  type Ask,
  createAsk,
  type ObjectRequest,
  UPLOAD_MS,
} from "./object_request.ts";
import type {
  BrowsableStore,
  ListPagesOptions,
  ObjectInfo,
  ObjectText,
  ObjectWriteOptions,
} from "./object_store.ts";
import { createS3Client, type S3Access } from "./s3_client.ts";
import { explainS3, undefinedIfMissing } from "./s3_failure.ts";
import { getSmall, putSmall } from "./s3_small.ts";
import { uploadFile } from "./s3_upload.ts";

/** Which bucket of which service. */
export interface S3StoreOptions extends S3Access {
  readonly bucket: string;
}

/** A bucket of S3, or of a service that speaks its protocol. */
export class S3Store implements BrowsableStore {
  readonly shownName: string;
  readonly #options: S3StoreOptions;
  readonly #client: S3Client;
  readonly #ask: Ask;

  constructor(options: S3StoreOptions) {
    this.#options = options;
    this.#client = createS3Client(options);
    const { endpoint, limits } = options;
    this.#ask = createAsk(
      (error, request) => explainS3(error, { ...request, endpoint }),
      limits?.stallMs,
    );
    this.shownName = `s3://${options.bucket}`;
  }

  async listFolders(prefix: string, signal: AbortSignal): Promise<string[]> {
    const folders: string[] = [];
    const pages = this.#pages({ Prefix: prefix, Delimiter: "/" }, signal);
    for await (const { CommonPrefixes = [] } of pages) {
      for (const { Prefix = "" } of CommonPrefixes) {
        const name = Prefix.slice(prefix.length, -1);
        if (name !== "") folders.push(name);
      }
    }
    return folders;
  }

  async listObjects(
    prefix: string,
    signal: AbortSignal,
  ): Promise<ObjectInfo[]> {
    return (await Array.fromAsync(this.listPages(prefix, { signal }))).flat();
  }

  async *listPages(
    prefix: string,
    { after, signal }: ListPagesOptions,
  ): AsyncGenerator<readonly ObjectInfo[]> {
    const pages = this.#pages({
      Prefix: prefix,
      ...(after === undefined ? {} : { StartAfter: after }),
    }, signal);
    for await (const { Contents = [] } of pages) {
      yield Contents.map((object) => ({
        key: object.Key ?? "",
        bytes: object.Size ?? 0,
        modifiedAt: object.LastModified?.getTime() ?? 0,
        version: object.ETag ?? "",
      }));
    }
  }

  async open(key: string, signal: AbortSignal): Promise<ArtifactBody> {
    const { Body, ContentLength } = await this.#get(key, signal);
    return toArtifactBody(Body?.transformToWebStream() ?? new Blob().stream(), {
      shownName: this.#nameOf(key),
      length: ContentLength,
      signal,
      stallMs: this.#options.limits?.stallMs,
    });
  }

  async readText(
    key: string,
    signal: AbortSignal,
  ): Promise<ObjectText | undefined> {
    const request = this.#request("read", { key, signal });
    const { bucket } = this.#options;
    return await this.#ask(
      request,
      (signal) => getSmall(this.#client, { bucket, key, signal }),
    );
  }

  async storedSha256(
    key: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const request = this.#request("read", { key, signal });
    const head = await this.#ask(request, (signal) =>
      this.#client.send(
        new HeadObjectCommand({
          Bucket: this.#options.bucket,
          Key: key,
          ChecksumMode: "ENABLED",
        }),
        { abortSignal: signal },
      ));
    // The checksum of an upload in parts is one of the parts' checksums.
    const isWhole = head.ChecksumType !== "COMPOSITE";
    return isWhole ? toSha256(head.ChecksumSHA256) : undefined;
  }

  async write(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    options: ObjectWriteOptions,
  ): Promise<string> {
    const { contentType, ifVersion, signal } = options;
    const request = this.#request("write", { key, signal });
    const { bucket } = this.#options;
    const object = { bucket, key, bytes, contentType, ifVersion };
    const { what } = request;
    return await this.#ask(
      request,
      (signal) => putSmall(this.#client, { ...object, what, signal }),
    );
  }

  async writeFile(
    key: string,
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    const request = this.#request("write", { key, signal });
    await this.#ask(
      { ...request, limitMs: UPLOAD_MS },
      (signal) => uploadFile(path, { ...this.#options, key, signal }),
    );
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    const command = new DeleteObjectCommand({
      Bucket: this.#options.bucket,
      Key: key,
    });
    const request = this.#request("remove", { key, signal });
    await this.#ask(request, async (signal) => {
      await this.#client.send(command, { abortSignal: signal })
        .catch(undefinedIfMissing);
    });
  }

  async *#pages(
    input: Omit<ListObjectsV2CommandInput, "Bucket">,
    signal: AbortSignal,
  ): AsyncGenerator<ListObjectsV2CommandOutput> {
    const { bucket: Bucket } = this.#options;
    const name = this.#nameOf(input.Prefix ?? "");
    const request = {
      what: `Cannot list "${name}"`,
      permission: "s3:ListBucket",
      signal,
    };
    let token: string | undefined;
    do {
      const page = { ...input, Bucket, ContinuationToken: token };
      const command = new ListObjectsV2Command(page);
      const answer: ListObjectsV2CommandOutput = await this.#ask(
        request,
        (signal) => this.#client.send(command, { abortSignal: signal }),
      );
      yield answer;
      token = answer.IsTruncated ? answer.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  #get(key: string, signal: AbortSignal) {
    const { bucket: Bucket } = this.#options;
    return this.#ask(
      this.#request("read", { key, signal }),
      (signal) =>
        this.#client.send(new GetObjectCommand({ Bucket, Key: key }), {
          abortSignal: signal,
        }),
    );
  }

  #request(
    verb: keyof typeof PERMISSIONS,
    { key, signal }: { readonly key: string; readonly signal: AbortSignal },
  ): ObjectRequest {
    const what = `Cannot ${verb} "${this.#nameOf(key)}"`;
    return { what, permission: PERMISSIONS[verb], signal };
  }

  #nameOf(key: string): string {
    return `${this.shownName}/${key}`;
  }
}

const PERMISSIONS = {
  read: "s3:GetObject",
  write: "s3:PutObject",
  remove: "s3:DeleteObject",
} as const;

function toSha256(base64: string | undefined): string | undefined {
  // A checksum of checksums carries the number of parts: "…=-3".
  if (base64 === undefined || base64.includes("-")) return undefined;
  return Uint8Array.fromBase64(base64).toHex();
}
