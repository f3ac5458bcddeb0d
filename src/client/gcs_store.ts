import type { ArtifactBody } from "../base/artifact_body.ts";
import { readText } from "../base/read_text.ts";
import { explainGcs, toConflict, undefinedIfMissing } from "./gcs_failure.ts";
import { type GcsAccess, GcsConnection } from "./gcs_storage.ts";
import { uploadFile } from "./gcs_upload.ts";
import { getMedia, type MediaPlace, putMedia } from "./gcs_media.ts";
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

/** Which bucket of which service. */
export interface GcsStoreOptions extends GcsAccess {
  readonly bucket: string;
}

/** One page of a listing, as the SDK hands it on. */
interface Page {
  readonly prefixes?: readonly string[];
  readonly nextPageToken?: string;
}

interface ListQuery {
  readonly prefix: string;
  readonly delimiter?: string;
  readonly startOffset?: string;
}

/**
 * A bucket of Google Cloud Storage. The SDK finds credentials, lists and
 * removes; bytes go through `fetch`, because its streams keep several times the
 * memory, cannot be aborted and warn on stderr.
 */
export class GcsStore implements BrowsableStore {
  readonly shownName: string;
  readonly #bucket: string;
  readonly #connection: GcsConnection;
  readonly #ask: Ask;
  readonly #stallMs: number | undefined;

  constructor(options: GcsStoreOptions) {
    this.#stallMs = options.limits?.stallMs;
    this.#bucket = options.bucket;
    this.#connection = new GcsConnection(options);
    const { endpoint } = this.#connection;
    this.#ask = createAsk(
      (error, request) => explainGcs(error, { ...request, endpoint }),
      this.#stallMs,
    );
    this.shownName = `gs://${options.bucket}`;
  }

  async listFolders(prefix: string, signal: AbortSignal): Promise<string[]> {
    const folders: string[] = [];
    const pages = this.#pages({ prefix, delimiter: "/" }, signal);
    for await (const { prefixes } of pages) {
      for (const folder of prefixes) {
        const name = folder.slice(prefix.length, -1);
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
      prefix,
      ...(after === undefined ? {} : { startOffset: after }),
    }, signal);
    // The service begins with the key itself.
    for await (const { objects } of pages) {
      yield objects.filter(({ key }) => key !== after);
    }
  }

  async open(key: string, signal: AbortSignal): Promise<ArtifactBody> {
    const request = this.#request("read", { key, signal });
    const response = await this.#ask(
      request,
      (signal) => getMedia(this.#place(key), signal),
    );
    const length = response.headers.get("content-length");
    return toArtifactBody(response.body ?? new Blob().stream(), {
      shownName: this.#nameOf(key),
      length: length === null ? undefined : Number(length),
      signal,
      stallMs: this.#stallMs,
    });
  }

  async readText(
    key: string,
    signal: AbortSignal,
  ): Promise<ObjectText | undefined> {
    const request = this.#request("read", { key, signal });
    return await this.#ask(request, async (signal) => {
      const response = await getMedia(this.#place(key), signal)
        .catch(undefinedIfMissing);
      if (response === undefined) return undefined;
      const version = response.headers.get("x-goog-generation") ?? "";
      const body = response.body ?? new Blob().stream();
      return { text: await readText(body, { what: "The object" }), version };
    });
  }

  /** Google Cloud Storage keeps MD5 and CRC32C only. */
  storedSha256(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async write(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    options: ObjectWriteOptions,
  ): Promise<string> {
    const { contentType, ifVersion, signal } = options;
    const request = this.#request("write", { key, signal });
    return await this.#ask(request, async (signal) => {
      const init = {
        method: "POST",
        body: bytes,
        headers: { "content-type": contentType },
        signal,
      };
      const response = await putMedia(this.#place(key), { ifVersion, init })
        .catch((error: unknown) => {
          throw ifVersion === undefined
            ? error
            : toConflict(error, request.what);
        });
      const body = response.body ?? new Blob().stream();
      const text = await readText(body, { what: "The answer" });
      const { generation }: { generation?: unknown } = JSON.parse(text);
      return String(generation ?? "");
    });
  }

  async writeFile(
    key: string,
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    const request = {
      ...this.#request("write", { key, signal }),
      limitMs: UPLOAD_MS,
    };
    const place = this.#place(key);
    await this.#ask(request, (signal) => uploadFile(place, path, signal));
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    const request = this.#request("remove", { key, signal });
    await this.#ask(request, async (signal) => {
      await this.#connection.bucket(this.#bucket, signal).file(key)
        .delete({ ignoreNotFound: true });
    });
  }

  async *#pages(query: ListQuery, signal: AbortSignal) {
    const request = {
      what: `Cannot list "${this.#nameOf(query.prefix)}"`,
      permission: "storage.objects.list",
      signal,
    };
    let pageToken: string | undefined;
    do {
      const page = {
        ...query,
        maxResults: 1000,
        autoPaginate: false,
        ...(pageToken === undefined ? {} : { pageToken }),
      };
      const [files, , answer] = await this.#ask(
        request,
        (signal) =>
          this.#connection.bucket(this.#bucket, signal).getFiles(page),
      );
      const { prefixes = [], nextPageToken } = (answer ?? {}) as Page;
      yield {
        prefixes,
        objects: files.map(({ metadata }) => toInfo(metadata)),
      };
      pageToken = nextPageToken || undefined;
    } while (pageToken !== undefined);
  }

  #request(
    verb: keyof typeof PERMISSIONS,
    { key, signal }: { readonly key: string; readonly signal: AbortSignal },
  ): ObjectRequest {
    const what = `Cannot ${verb} "${this.#nameOf(key)}"`;
    return { what, permission: PERMISSIONS[verb], signal };
  }

  #place(key: string): MediaPlace {
    return { connection: this.#connection, bucket: this.#bucket, key };
  }

  #nameOf(key: string): string {
    return `${this.shownName}/${key}`;
  }
}

const PERMISSIONS = {
  read: "storage.objects.get",
  write: "storage.objects.create",
  remove: "storage.objects.delete",
} as const;

function toInfo(metadata: {
  readonly name?: string;
  readonly size?: string | number;
  readonly timeCreated?: string;
  readonly generation?: string | number;
}): ObjectInfo {
  return {
    key: metadata.name ?? "",
    bytes: Number(metadata.size ?? 0),
    modifiedAt: Date.parse(metadata.timeCreated ?? "") || 0,
    version: String(metadata.generation ?? ""),
  };
}
