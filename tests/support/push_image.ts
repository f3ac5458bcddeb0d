import assert from "node:assert/strict";
import { digestOf } from "./image_registry.ts";
import { type Blob, buildImage, type TestImage } from "./test_image.ts";

/** Where images are pushed to, as an {@link ImageRegistry} has it. */
export interface PushTarget {
  /** `http://127.0.0.1:5000` */
  readonly origin: string;
  readonly user?: { readonly username: string; readonly password: string };
  /** In the place of a user: a whole header. */
  readonly authorization?: string;
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
const INDEX = "application/vnd.docker.distribution.manifest.list.v2+json";
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
  const { digest, layers } = await pushAs(target, image, image.tag);
  return { digest, layers };
}

/** Pushes an image for each of several processors, and an index of them under the tag. */
export async function pushIndex(
  target: PushTarget,
  image: TestImage,
  architectures: readonly string[],
): Promise<void> {
  const manifests = [];
  for (const architecture of architectures) {
    const env = { VERSION: `${image.tag}-${architecture}` };
    const one = { ...image, architecture, env: { ...env, ...image.env } };
    const { digest, size } = await pushAs(target, one, undefined);
    const platform = { os: "linux", architecture };
    manifests.push({ mediaType: MANIFEST, digest, size, platform });
  }
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: INDEX,
    manifests,
  });
  const url = `${repositoryUrl(target, image)}/manifests/${image.tag}`;
  const headers = { "Content-Type": INDEX };
  await send(target, url, { method: "PUT", headers, body });
}

/** @param tag The digest when left out. */
async function pushAs(
  target: PushTarget,
  image: TestImage,
  tag: string | undefined,
): Promise<PushedImage & { readonly size: number }> {
  const { config, layers } = await buildImage(image);
  const base = repositoryUrl(target, image);
  for (const blob of [config, ...layers]) await pushBlob(target, base, blob);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: describe(config, CONFIG),
    layers: layers.map((layer) => describe(layer, LAYER)),
  });
  const reference = tag ?? digestOf(manifest);
  const answer = await send(target, `${base}/manifests/${reference}`, {
    method: "PUT",
    headers: { "Content-Type": MANIFEST },
    body: manifest,
  });
  const digest = answer.headers.get("Docker-Content-Digest");
  assert(digest, "The registry must say the digest");
  const size = new TextEncoder().encode(manifest).length;
  return { digest, size, layers: layers.map((layer) => layer.digest) };
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
  const url = `${base}/blobs/${digest}`;
  const { ok } = await fetch(url, {
    method: "HEAD",
    headers: headersOf(target),
  });
  // All images share the layer of the sample application.
  if (ok) return;
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
  target: PushTarget,
  url: string,
  init: RequestInit,
): Promise<Response> {
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(headersOf(target))) {
    headers.set(name, value);
  }
  const response = await fetch(url, { ...init, headers });
  const said = await response.text();
  assert(response.ok, `${init.method} ${url}: ${response.status} ${said}`);
  return response;
}

function headersOf(
  { user, authorization }: PushTarget,
): Record<string, string> {
  if (authorization !== undefined) return { authorization };
  if (user === undefined) return {};
  const credentials = `${user.username}:${user.password}`;
  const encoded = new TextEncoder().encode(credentials).toBase64();
  return { authorization: `Basic ${encoded}` };
}

function repositoryUrl({ origin }: PushTarget, image: TestImage): string {
  const [, ...path] = image.repository.split("/");
  return `${origin}/v2/${path.join("/")}`;
}

function describe({ bytes, digest }: Blob, mediaType: string): object {
  return { mediaType, size: bytes.length, digest };
}
