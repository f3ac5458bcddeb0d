import assert from "node:assert/strict";
import { GcsStore } from "../../src/client/gcs_store.ts";
import type { ObjectStore } from "../../src/client/object_store.ts";
import { S3Store } from "../../src/client/s3_store.ts";
import { registryCacheKey } from "../../src/registry/cached_key.ts";
import { DewyProcess } from "../support/dewy_process.ts";
import { GcsServer } from "../support/gcs_server.ts";
import { artifactName } from "../support/registry_folder.ts";
import { S3Server } from "../support/s3_server.ts";
import { ServerBench } from "../support/server_bench.ts";

const NEVER = new AbortController().signal;
const PREFIX = "caches/app/";

/** A host with a working directory of its own. */
interface Host {
  readonly bench: ServerBench;
  readonly dewy: DewyProcess;
}

/** A bucket, and the service it is in. */
interface SharedBucket {
  readonly server: AsyncDisposable;
  readonly store: ObjectStore;
  /** Without prefix. */
  readonly url: string;
  /** The environment of a dewy that asks it. */
  readonly env: Readonly<Record<string, string>>;
  /** What a dewy logs when it has written an object. */
  readonly written: string;
}

const BUCKETS: Readonly<Record<string, () => Promise<SharedBucket>>> = {
  s3: async () => {
    const server = await S3Server.start();
    const bucket = await server.createBucket();
    const { region, endpoint } = server;
    const env = server.env();
    return {
      server,
      env,
      store: new S3Store({ region, endpoint, bucket, env }),
      url: `s3://${region}/${bucket}`,
      written: "Write S3 object",
    };
  },
  gs: async () => {
    const server = await GcsServer.start();
    const bucket = await server.createBucket();
    const env = server.env();
    return {
      server,
      env,
      store: new GcsStore({ bucket, env }),
      url: `gs://${bucket}`,
      written: "Write GCS object",
    };
  },
};

/** Hosts that share one registry and one bucket. */
class SharedBench implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly origin: ServerBench;
  readonly bucket: SharedBucket;
  readonly store: ObjectStore;
  readonly #cacheUrl: string;
  #isStopped = false;

  private constructor(origin: ServerBench, bucket: SharedBucket) {
    this.origin = this.#stack.use(origin);
    this.bucket = bucket;
    this.store = bucket.store;
    this.#stack.defer(() => this.stopBucket());
    this.#cacheUrl = `${bucket.url}/${PREFIX}?registry-ttl=2s`;
  }

  static async create(bucket: SharedBucket): Promise<SharedBench> {
    return new SharedBench(await ServerBench.create(), bucket);
  }

  async addHost(): Promise<Host> {
    const bench = this.#stack.use(await ServerBench.create());
    const { url } = this.origin.registry;
    const args = bench.serverArgs({ args: ["--cache", this.#cacheUrl] })
      .map((arg) => arg === bench.registry.url ? url : arg);
    const dewy = this.#stack.use(DewyProcess.start({
      cwd: bench.workdir,
      args,
      env: this.bucket.env,
    }));
    return { bench, dewy };
  }

  async keys(): Promise<string[]> {
    const objects = await this.store.listObjects("", NEVER);
    return objects.map(({ key }) => key).sort();
  }

  /** Ends the service of the bucket. */
  async stopBucket(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    await this.bucket.server[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

async function deployed({ bench, dewy }: Host, tag: string): Promise<void> {
  await dewy.waitForLog("Deployment completed successfully", { tag });
  await bench.serves(tag);
}

async function shareAndLose(bucket: SharedBucket): Promise<void> {
  await using shared = await SharedBench.create(bucket);
  const { registry } = shared.origin;
  await shared.origin.publish("v1.0.0", { checksum: "right" });
  const one = await shared.addHost();
  await deployed(one, "v1.0.0");
  await one.dewy.waitForLog("Registry result cache enabled", { ttl: 2e9 });
  await one.dewy.waitForLog(bucket.written);
  const hash = registryCacheKey({
    registryUrl: registry.url,
    platform: {
      os: Deno.build.os,
      arch: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
    },
  });
  assert.deepEqual(await shared.keys(), [
    `${PREFIX}${hash}`,
    `${PREFIX}v1.0.0--${artifactName()}`,
  ]);
  const entry = await shared.store.readText(`${PREFIX}${hash}`, NEVER);
  assert.match(entry?.text ?? "", /^\{"response":\{"ID":".*","Tag":"v1\.0\.0"/);

  const two = await shared.addHost();
  await deployed(two, "v1.0.0");
  await two.dewy.waitForLog("Found artifact in cache");
  assert.equal(two.dewy.logs("Cached artifact").length, 0, "it was not there");

  await shared.origin.publish("v2.0.0", { checksum: "right" });
  const from = Date.now();
  await Promise.all([one, two].map((host) => deployed(host, "v2.0.0")));
  const refreshed = [one, two].flatMap(({ dewy }) =>
    dewy.logs("Registry result refreshed from upstream")
      .filter(({ time }) => Date.parse(time) >= from)
  );
  const windows = Math.ceil((Date.now() - from) / 2_000);
  assert.ok(refreshed.length <= windows + 1, `${refreshed.length} look-ups`);

  await shared.stopBucket();
  await shared.origin.publish("v3.0.0", { checksum: "right" });
  await Promise.all([one, two].map((host) => deployed(host, "v3.0.0")));
  for (const { dewy } of [one, two]) {
    const told = dewy.logs("Failed to read shared registry cache");
    assert.equal(told.filter(({ level }) => level === "WARN").length, 1);
    assert.equal(dewy.logs(undefined, { level: "ERROR" }).length, 0);
  }
}

for (const [scheme, openBucket] of Object.entries(BUCKETS)) {
  Deno.test(`hosts share artifacts and answers through ${scheme}://, and do without it when it is gone`, async () => {
    await shareAndLose(await openBucket());
  });
}
