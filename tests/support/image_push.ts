import { digestOf } from "./image_registry.ts";

/** Where and as whom images are pushed. */
export interface PushOptions {
  /** `http://127.0.0.1:5000`. */
  readonly origin: string;
  readonly repository: string;
  /** Headers of every request: who pushes. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly client?: Deno.HttpClient;
}

/** What a manifest says of a part of an image. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";

/** Pushes images to a repository by the registry's HTTP API (OCI distribution-spec, "Push"). */
export class ImagePush {
  readonly #options: PushOptions;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  /** Pushes an image whose only layer is `content`, and returns what describes it. */
  async image(tag: string, content: string): Promise<Descriptor> {
    const architecture = "amd64";
    const config = JSON.stringify({ architecture, os: "linux", rootfs: {} });
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: await this.#blob(config, CONFIG),
      layers: [await this.#blob(content, LAYER)],
    };
    return await this.manifest(tag, MANIFEST, JSON.stringify(manifest));
  }

  /** Pushes an index of images that were pushed, one for each platform. */
  async index(
    tag: string,
    images: Readonly<Record<string, Descriptor>>,
  ): Promise<Descriptor> {
    const manifests = Object.entries(images).map(([name, image]) => {
      const [os, architecture] = name.split("/");
      return { ...image, platform: { os, architecture } };
    });
    const index = { schemaVersion: 2, mediaType: INDEX, manifests };
    return await this.manifest(tag, INDEX, JSON.stringify(index));
  }

  /** Puts a manifest under a tag, or under its digest. */
  async manifest(
    tag: string,
    mediaType: string,
    content: string,
  ): Promise<Descriptor> {
    const digest = digestOf(content);
    await this.#send(`manifests/${tag}`, {
      method: "PUT",
      headers: { "content-type": mediaType },
      body: content,
    });
    const size = new TextEncoder().encode(content).length;
    return { mediaType, digest, size };
  }

  /** Removes a manifest with all its tags. */
  async remove(digest: string): Promise<void> {
    await this.#send(`manifests/${digest}`, { method: "DELETE" });
  }

  /** Returns the text of the one layer of an image. */
  async content(reference: string): Promise<string> {
    const manifest = await this.#send(`manifests/${reference}`, {
      headers: { accept: `${MANIFEST}, ${INDEX}` },
    });
    const { layers } = JSON.parse(manifest) as { layers: Descriptor[] };
    return await this.#send(`blobs/${layers[0]?.digest}`, {});
  }

  async #blob(content: string, mediaType: string): Promise<Descriptor> {
    const digest = digestOf(content);
    await this.#send(`blobs/uploads/?digest=${digest}`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: content,
    }, async (response) => {
      // Not all take a blob with the first request.
      if (response.status !== 202) return;
      const to = new URL(response.headers.get("location") ?? "", response.url);
      to.searchParams.set("digest", digest);
      await this.#send(to.href, {
        method: "PUT",
        headers: { "content-type": "application/octet-stream" },
        body: content,
      });
    });
    const size = new TextEncoder().encode(content).length;
    return { mediaType, digest, size };
  }

  async #send(
    path: string,
    { headers, ...init }: RequestInit,
    then: (response: Response) => Promise<void> = () => Promise.resolve(),
  ): Promise<string> {
    const { origin, repository, client } = this.#options;
    const url = new URL(path, `${origin}/v2/${repository}/`);
    const response = await fetch(url, {
      ...init,
      headers: { ...Object(headers), ...this.#options.headers },
      ...(client === undefined ? {} : { client }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(
        `${init.method ?? "GET"} ${url}: ${response.status} ${text}`,
      );
    }
    await then(response);
    return text;
  }
}
