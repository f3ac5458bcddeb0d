import assert from "node:assert/strict";
import { type Blob, buildImage, type TestImage } from "./test_image.ts";

/** Where images are pushed to, as an {@link ImageRegistry} has it. */
export interface PushTarget {
  /** `http://127.0.0.1:5000` */
  readonly origin: string;
  readonly user?: { readonly username: string; readonly password: string };
}

/** A pushed image. */
export interface PushedImage {
  /** Of the manifest. */
  readonly digest: string;
  /** Digests of the layers; the last one is its own if the image has an `extra`. */
  readonly layers: readonly string[];
}

const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG = "application/vnd.docker.container.image.v1+json";
const LAYER = "application/vnd.docker.image.rootfs.diff.tar";

/**
 * Pushes an image to a registry without an engine.
 *
 * @param image Its repository begins with the registry's host, as engines want it.
 */
export async function pushImage(
  target: PushTarget,
  image: TestImage,
): Promise<PushedImage> {
  const { config, layers } = await buildImage(image);
  const base = repositoryUrl(target, image);
  for (const blob of [config, ...layers]) await pushBlob(target, base, blob);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: describe(config, CONFIG),
    layers: layers.map((layer) => describe(layer, LAYER)),
  });
  const answer = await send(target, `${base}/manifests/${image.tag}`, {
    method: "PUT",
    headers: { "Content-Type": MANIFEST },
    body: manifest,
  });
  const digest = answer.headers.get("Docker-Content-Digest");
  assert(digest, "The registry must say the digest");
  return { digest, layers: layers.map((layer) => layer.digest) };
}

/** Takes a layer away, so that images of the repository that have it are broken. */
export async function deleteLayer(
  target: PushTarget,
  image: TestImage,
  digest: string,
): Promise<void> {
  const url = `${repositoryUrl(target, image)}/blobs/${digest}`;
  await send(target, url, { method: "DELETE" });
}

async function pushBlob(
  target: PushTarget,
  base: string,
  { bytes, digest }: Blob,
): Promise<void> {
  const begun = await send(target, `${base}/blobs/uploads/`, {
    method: "POST",
  });
  const location = new URL(begun.headers.get("Location") ?? "", target.origin);
  location.searchParams.set("digest", digest);
  await send(target, location.href, {
    method: "PUT",
    headers: { "Content-Type": "application/octet-stream" },
    body: bytes,
  });
}

async function send(
  { user }: PushTarget,
  url: string,
  init: RequestInit,
): Promise<Response> {
  const headers = new Headers(init.headers);
  if (user !== undefined) {
    const credentials = `${user.username}:${user.password}`;
    const encoded = new TextEncoder().encode(credentials).toBase64();
    headers.set("Authorization", `Basic ${encoded}`);
  }
  const response = await fetch(url, { ...init, headers });
  const said = await response.text();
  assert(response.ok, `${init.method} ${url}: ${response.status} ${said}`);
  return response;
}

function repositoryUrl({ origin }: PushTarget, image: TestImage): string {
  const [, ...path] = image.repository.split("/");
  return `${origin}/v2/${path.join("/")}`;
}

function describe({ bytes, digest }: Blob, mediaType: string): object {
  return { mediaType, size: bytes.length, digest };
}
