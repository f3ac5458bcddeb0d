import { createHash } from "node:crypto";

/** A file of a fake release. */
export interface FakeAsset {
  readonly id: number;
  readonly name: string;
  readonly contentType: string;
  readonly state: "uploaded" | "open";
  readonly size: number;
  readonly digest: string | null;
  readonly updatedAt: string;
  /** Gives its bytes, anew each time. */
  readonly content: () => BodyInit;
}

/** A fake release. */
export interface FakeRelease {
  readonly id: number;
  readonly tag: string;
  readonly draft: boolean;
  readonly createdAt: string;
  readonly publishedAt: string | null;
  readonly assets: FakeAsset[];
}

/** What an asset holds: its bytes, or a stream of known size that is made anew each time. */
export type Content = string | Uint8Array<ArrayBuffer> | {
  readonly size: number;
  readonly stream: () => ReadableStream<Uint8Array<ArrayBuffer>>;
};

/** How an asset is added. */
export interface AssetOptions {
  readonly state?: "uploaded" | "open";
  /** Left out: the right one; `null`: none, as on old servers. */
  readonly digest?: string | null;
  readonly contentType?: string;
}

/** How a release is published. */
export interface ReleaseOptions {
  readonly draft?: boolean;
  /** Date of the commit, which is what GitHub sorts by; now when left out. */
  readonly createdAt?: Date;
  readonly publishedAt?: Date;
  /** For all its assets. */
  readonly asset?: AssetOptions;
}

let lastId = 1000;

/** The releases of one repository. */
export class FakeRepo {
  #releases: FakeRelease[] = [];

  /** As GitHub lists them: the newest commit first. */
  get releases(): readonly FakeRelease[] {
    return this.#releases;
  }

  /** Publishes a release, or adds assets to one that is there. */
  publish(
    tag: string,
    assets: Readonly<Record<string, Content>>,
    options: ReleaseOptions = {},
  ): void {
    const found = this.#releases.find((release) => release.tag === tag);
    const release = found ?? this.#add(tag, options);
    for (const [name, content] of Object.entries(assets)) {
      this.addAsset(release, name, { content, ...options.asset });
    }
  }

  /** Returns a release that is there. */
  release(tag: string): FakeRelease {
    const release = this.#releases.find((release) => release.tag === tag);
    if (release === undefined) throw new Error(`No release "${tag}"`);
    return release;
  }

  /** Adds an asset and returns it. */
  addAsset(
    release: FakeRelease,
    name: string,
    options: AssetOptions & { readonly content: Content },
  ): FakeAsset {
    const { content, state = "uploaded" } = options;
    const { contentType = "application/octet-stream" } = options;
    const asset = {
      id: ++lastId,
      name,
      contentType,
      state,
      ...facts(content),
      updatedAt: new Date().toISOString(),
    };
    if (options.digest !== undefined) asset.digest = options.digest;
    release.assets.push(asset);
    return asset;
  }

  /** Removes an asset. */
  removeAsset(tag: string, name: string): void {
    const { assets } = this.release(tag);
    assets.splice(assets.findIndex((asset) => asset.name === name), 1);
  }

  /** Removes a release. */
  withdraw(tag: string): void {
    this.#releases = this.#releases.filter((release) => release.tag !== tag);
  }

  #add(tag: string, options: ReleaseOptions): FakeRelease {
    const { createdAt = new Date(), draft = false } = options;
    const { publishedAt = new Date() } = options;
    const release = {
      id: ++lastId,
      tag,
      draft,
      createdAt: createdAt.toISOString(),
      publishedAt: draft ? null : publishedAt.toISOString(),
      assets: [],
    };
    const place = this.#releases
      .findIndex((other) => other.createdAt <= release.createdAt);
    const index = place < 0 ? this.#releases.length : place;
    this.#releases.splice(index, 0, release);
    return release;
  }
}

function facts(
  content: Content,
): {
  size: number;
  digest: string | null;
  content: () => BodyInit;
} {
  if (typeof content !== "string" && !(content instanceof Uint8Array)) {
    return { size: content.size, digest: null, content: content.stream };
  }
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return {
    size: bytes.length,
    digest: `sha256:${sha256}`,
    content: () => bytes,
  };
}
