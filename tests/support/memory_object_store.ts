import { createHash } from "node:crypto";
import type { ArtifactBody } from "../../src/base/artifact_body.ts";
import { SourceError } from "../../src/base/errors.ts";
import {
  type ObjectInfo,
  type ObjectStore,
  type ObjectText,
  type ObjectWriteOptions,
  VersionConflict,
} from "../../src/client/object_store.ts";

/** A bucket in memory, with conditional writes. */
export class MemoryObjectStore implements ObjectStore {
  readonly shownName = "s3://memory";
  readonly objects = new Map<
    string,
    { bytes: Uint8Array<ArrayBuffer>; version: string; modifiedAt: number }
  >();
  /** What happened, such as `write a/b`. */
  readonly calls: string[] = [];
  /** When set, every call fails with it. */
  failure: Error | undefined;
  #versions = 0;

  text(key: string): string | undefined {
    const object = this.objects.get(key);
    return object && new TextDecoder().decode(object.bytes);
  }

  put(key: string, content: string | Uint8Array<ArrayBuffer>): string {
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    const version = `"${++this.#versions}"`;
    this.objects.set(key, { bytes, version, modifiedAt: Date.now() });
    return version;
  }

  sha256(key: string): string | undefined {
    const object = this.objects.get(key);
    return object && createHash("sha256").update(object.bytes).digest("hex");
  }

  async listFolders(prefix: string, signal: AbortSignal): Promise<string[]> {
    await this.#call(`listFolders ${prefix}`, signal);
    const names = [...this.objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length))
      .filter((rest) => rest.includes("/"))
      .map((rest) => rest.slice(0, rest.indexOf("/")));
    return [...new Set(names)];
  }

  async listObjects(
    prefix: string,
    signal: AbortSignal,
  ): Promise<ObjectInfo[]> {
    await this.#call(`listObjects ${prefix}`, signal);
    return [...this.objects]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, { bytes, version, modifiedAt }]) => ({
        key,
        version,
        modifiedAt,
        bytes: bytes.length,
      }));
  }

  async open(key: string, signal: AbortSignal): Promise<ArtifactBody> {
    await this.#call(`open ${key}`, signal);
    const object = this.objects.get(key);
    if (object === undefined) {
      throw new SourceError("not-found", `No object "${key}"`);
    }
    const { bytes } = object;
    return { stream: new Blob([bytes]).stream(), length: bytes.length };
  }

  async readText(
    key: string,
    signal: AbortSignal,
  ): Promise<ObjectText | undefined> {
    await this.#call(`readText ${key}`, signal);
    const object = this.objects.get(key);
    const text = this.text(key);
    return object && { text: text ?? "", version: object.version };
  }

  async write(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    options: ObjectWriteOptions,
  ): Promise<string> {
    await this.#call(`write ${key}`, options.signal);
    const { ifVersion } = options;
    const version = this.objects.get(key)?.version ?? "";
    if (ifVersion !== undefined && ifVersion !== version) {
      throw new VersionConflict(`"${key}" has version ${version}`);
    }
    return this.put(key, bytes);
  }

  async writeFile(
    key: string,
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#call(`writeFile ${key}`, signal);
    this.put(key, await Deno.readFile(path));
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    await this.#call(`remove ${key}`, signal);
    this.objects.delete(key);
  }

  async #call(what: string, signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    signal.throwIfAborted();
    this.calls.push(what);
    if (this.failure !== undefined) throw this.failure;
  }
}
