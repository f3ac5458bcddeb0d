import assert from "node:assert/strict";
import { buildSampleApp } from "../../scripts/services/sample_app.ts";
import type { TestEngine } from "./engine.ts";
import { tar } from "./tar_bytes.ts";

/** An image of the sample application (scripts/services/sample_app/main.go). */
export interface TestImage {
  /** `registry.test/app`. */
  readonly repository: string;
  readonly tag: string;
  /** Its environment; `VERSION` is the tag and `PORTS` the exposed ports when left out. */
  readonly env?: Readonly<Record<string, string>>;
  /** TCP ports. @default [8080] */
  readonly exposed?: readonly number[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Unix milliseconds of its build; the begin of 2026 when left out. */
  readonly createdAt?: number;
  /** `USER`. */
  readonly user?: string;
  /** `arm64`; that of this machine when left out. What runs is for this machine in any case. */
  readonly architecture?: string;
  /** Content of a file in a further layer, which no other image shares. */
  readonly extra?: string;
}

const CREATED_AT = Date.UTC(2026, 0, 1);

/** Returns an image that works, `v1` and the like. */
export function goodImage(repository: string, tag: string): TestImage {
  return { repository, tag };
}

/** Returns an image that runs, but whose health check never passes. */
export function sickImage(repository: string, tag: string): TestImage {
  return { repository, tag, env: { SICK: "1" } };
}

/** Returns an image that exits with status 3 as soon as it is started. */
export function crashingImage(repository: string, tag: string): TestImage {
  return { repository, tag, env: { CRASH: `cannot run ${tag}` } };
}

/** Returns an image that runs, but never listens. */
export function deafImage(repository: string, tag: string): TestImage {
  return { repository, tag, env: { PORTS: "" } };
}

/** Returns the reference of an image. */
export function referenceOf({ repository, tag }: TestImage): string {
  return `${repository}:${tag}`;
}

/** Gives images to an engine, as `docker load` does; they share their only layer. */
export async function loadImages(
  engine: TestEngine,
  images: readonly TestImage[],
): Promise<void> {
  const archive = await imageArchive(images);
  using http = Deno.createHttpClient({
    proxy: { transport: "unix", path: engine.socket },
  });
  const response = await fetch(
    "http://docker.invalid/v1.41/images/load?quiet=1",
    {
      client: http,
      method: "POST",
      headers: { "Content-Type": "application/x-tar" },
      body: archive,
    },
  );
  const said = await response.text();
  assert(response.ok && !said.includes('"error"'), `Cannot load: ${said}`);
}

/** Returns an archive as `docker save` writes it. */
export async function imageArchive(
  images: readonly TestImage[],
): Promise<Uint8Array<ArrayBuffer>> {
  const built = await Promise.all(images.map(buildImage));
  const manifest = built.map(({ config, layers }, index) => ({
    Config: `${hexOf(config)}.json`,
    RepoTags: images.slice(index, index + 1).map(referenceOf),
    Layers: layers.map(fileOf),
  }));
  const layers = new Set(built.flatMap((image) => image.layers));
  return tar(
    { name: "manifest.json", body: JSON.stringify(manifest) },
    ...built.map(({ config }) => ({
      name: `${hexOf(config)}.json`,
      body: config.bytes,
    })),
    ...[...layers].map((layer) => ({ name: fileOf(layer), body: layer.bytes })),
  );
}

/** Some bytes and their digest, `sha256:…`. */
export interface Blob {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly digest: string;
}

/** What an image is made of. */
export interface BuiltImage {
  readonly config: Blob;
  readonly layers: readonly Blob[];
}

/** Returns configuration and layers of an image. */
export async function buildImage(image: TestImage): Promise<BuiltImage> {
  const sample = await sampleLayer();
  const extra = image.extra === undefined
    ? []
    : [await toBlob(tar({ name: "extra", body: image.extra }))];
  const layers = [sample, ...extra];
  const config = JSON.stringify(configOf(image, layers));
  return { config: await toBlob(new TextEncoder().encode(config)), layers };
}

let sample: Promise<Blob> | undefined;

function sampleLayer(): Promise<Blob> {
  sample ??= makeSampleLayer();
  return sample;
}

async function makeSampleLayer(): Promise<Blob> {
  const body = await Deno.readFile(await buildSampleApp());
  return await toBlob(tar({ name: "app", mode: 0o755, body }));
}

function configOf(image: TestImage, layers: readonly Blob[]): object {
  const { tag, exposed = [8080], labels = {}, user = "" } = image;
  const env = { VERSION: tag, PORTS: exposed.join(","), ...image.env };
  const created = new Date(image.createdAt ?? CREATED_AT).toISOString();
  const { architecture = hostArchitecture() } = image;
  return {
    created,
    architecture,
    os: "linux",
    config: {
      Entrypoint: ["/app"],
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      ExposedPorts: Object.fromEntries(
        exposed.map((port) => [`${port}/tcp`, {}]),
      ),
      Labels: labels,
      User: user,
    },
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
    history: layers.map(() => ({ created, created_by: "tests" })),
  };
}

/** Returns what images call the processor of this machine. */
export function hostArchitecture(): string {
  return { x86_64: "amd64", aarch64: "arm64" }[Deno.build.arch];
}

async function toBlob(bytes: Uint8Array<ArrayBuffer>): Promise<Blob> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { bytes, digest: `sha256:${hash.toHex()}` };
}

function hexOf({ digest }: Blob): string {
  return digest.slice("sha256:".length);
}

function fileOf(layer: Blob): string {
  return `${hexOf(layer)}.tar`;
}
