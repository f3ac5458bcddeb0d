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
  /** Unix milliseconds of its build; that of the first commit of the tests when left out. */
  readonly createdAt?: number;
  /** `USER`. */
  readonly user?: string;
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
  const { bytes, diffId } = await sampleLayer();
  const configs = await Promise.all(images.map(async (image) => {
    const body = JSON.stringify(configOf(image, diffId));
    const name = `${await sha256(new TextEncoder().encode(body))}.json`;
    return { image, body, name };
  }));
  const manifest = configs.map(({ image, name }) => ({
    Config: name,
    RepoTags: [referenceOf(image)],
    Layers: ["layer.tar"],
  }));
  return tar(
    { name: "manifest.json", body: JSON.stringify(manifest) },
    ...configs.map(({ name, body }) => ({ name, body })),
    { name: "layer.tar", body: bytes },
  );
}

interface Layer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Digest of the archive. */
  readonly diffId: string;
}

let layer: Promise<Layer> | undefined;

function sampleLayer(): Promise<Layer> {
  layer ??= makeLayer();
  return layer;
}

async function makeLayer(): Promise<Layer> {
  const body = await Deno.readFile(await buildSampleApp());
  const bytes = tar({ name: "app", mode: 0o755, body });
  return { bytes, diffId: `sha256:${await sha256(bytes)}` };
}

function configOf(image: TestImage, diffId: string): object {
  const { tag, exposed = [8080], labels = {}, user = "" } = image;
  const env = { VERSION: tag, PORTS: exposed.join(","), ...image.env };
  const created = new Date(image.createdAt ?? CREATED_AT).toISOString();
  const architecture = { x86_64: "amd64", aarch64: "arm64" }[Deno.build.arch];
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
    rootfs: { type: "layers", diff_ids: [diffId] },
    history: [{ created, created_by: "tests" }],
  };
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
