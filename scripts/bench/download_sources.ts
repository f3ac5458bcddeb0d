import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { GcsStore } from "../../src/client/gcs_store.ts";
import type { BrowsableStore } from "../../src/client/object_store.ts";
import { S3Store } from "../../src/client/s3_store.ts";
import { GcsServer } from "../../tests/support/gcs_server.ts";
import { GithubServer } from "../../tests/support/github_server.ts";
import { S3Server } from "../../tests/support/s3_server.ts";

/** One kind of store with the files of a folder in it. */
export interface Source extends AsyncDisposable {
  /** URL of a file in it, as dewy writes it. */
  urlOf(file: string): string;
  /** What curl needs to get `artifact`. */
  readonly curl: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The files that every source holds. */
export const FILES = ["small", "artifact"];

const { signal } = new AbortController();

/** Opens a kind of store for the files of a folder. */
type OpenSource = (folder: string) => Promise<Source>;

/** The kinds of stores that are measured. */
export const SOURCES: Readonly<Record<string, OpenSource>> = {
  file: openFolder,
  s3: openS3,
  gs: openGcs,
  ghr: openGithub,
  http: openHttp,
};

function openFolder(folder: string): Promise<Source> {
  const urlOf = (file: string) => pathToFileURL(join(folder, file)).href;
  return Promise.resolve({
    urlOf,
    curl: [urlOf("artifact")],
    env: {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}

async function openS3(folder: string): Promise<Source> {
  const server = await S3Server.start();
  const bucket = await server.createBucket();
  const { region, endpoint, keys } = server;
  const env = server.env();
  await fill(new S3Store({ region, endpoint, bucket, env }), folder);
  return {
    urlOf: (file) => `s3://${region}/${bucket}/${file}`,
    curl: [
      "--aws-sigv4",
      `aws:amz:${region}:s3`,
      "--user",
      `${keys.accessKeyId}:${keys.secretAccessKey}`,
      "-H",
      "x-amz-content-sha256: UNSIGNED-PAYLOAD",
      `${endpoint}/${bucket}/artifact`,
    ],
    env,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function openGcs(folder: string): Promise<Source> {
  const server = await GcsServer.start();
  const bucket = await server.createBucket();
  const env = server.env();
  await fill(new GcsStore({ bucket, env }), folder);
  return {
    urlOf: (file) => `gs://${bucket}/${file}`,
    curl: [`${server.endpoint}/storage/v1/b/${bucket}/o/artifact?alt=media`],
    env,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function fill(store: BrowsableStore, folder: string): Promise<void> {
  for (const file of FILES) {
    await store.writeFile(file, join(folder, file), signal);
  }
}

/** Served by this process; curl is given the signed address, which dewy has to ask for. */
function openGithub(folder: string): Promise<Source> {
  const server = new GithubServer();
  const repo = server.repo("o/app");
  for (const file of FILES) {
    const path = join(folder, file);
    const { size } = Deno.statSync(path);
    const content = { size, stream: () => Deno.openSync(path).readable };
    repo.publish("v1.0.0", { [file]: content });
  }
  const artifact = repo.release("v1.0.0").assets
    .find(({ name }) => name === "artifact");
  if (artifact === undefined) throw new Error("The release has no artifact");
  return Promise.resolve({
    urlOf: (file) => `ghr://o/app/tag/v1.0.0/${file}`,
    curl: [server.storage.sign(artifact)],
    env: server.env,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  });
}

/** Served by this process. */
function openHttp(folder: string): Promise<Source> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async ({ url }) => {
      const file = await Deno.open(join(folder, new URL(url).pathname));
      const { size } = await file.stat();
      const headers = { "content-length": String(size) };
      return new Response(file.readable, { headers });
    },
  );
  const urlOf = (file: string) =>
    `http://127.0.0.1:${server.addr.port}/${file}`;
  return Promise.resolve({
    urlOf,
    curl: [urlOf("artifact")],
    env: {},
    [Symbol.asyncDispose]: () => server.shutdown(),
  });
}
