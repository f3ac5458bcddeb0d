import assert from "node:assert/strict";
import type { BrowsableStore } from "../../src/client/object_store.ts";
import { DewyProcess } from "./dewy_process.ts";
import { eventually } from "./eventually.ts";
import { LoadClient } from "./load_client.ts";
import { putRelease } from "./object_release.ts";
import { ServerBench } from "./server_bench.ts";

/** A bucket that a dewy polls. */
export interface UpgradeBucket {
  /** For `--registry`; it names the prefix `apps/web`. */
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly store: BrowsableStore;
}

const NEVER = new AbortController().signal;
const PREFIX = "apps/web/";

/**
 * Publishes a version, runs `dewy server` on it, publishes the next one while
 * requests are sent without a pause, and expects that none fails, that the new
 * version is served and that both deploys left their record.
 */
export async function upgradeFromBucket(bucket: UpgradeBucket): Promise<void> {
  const { store } = bucket;
  await using bench = await ServerBench.create();
  await putRelease("v1.0.0", { store, prefix: PREFIX });
  await using dewy = DewyProcess.start({
    cwd: bench.workdir,
    args: bench.serverArgs().map((arg) =>
      arg === bench.registry.url ? bucket.url : arg
    ),
    env: bucket.env,
  });
  await deployed(dewy, "v1.0.0");
  await bench.serves("v1.0.0");
  await using load = LoadClient.start({ target: { port: bench.port } });
  await moreRequests(load);
  await putRelease("v2.0.0", { store, prefix: PREFIX });
  await deployed(dewy, "v2.0.0");
  await dewy.waitForLog("Worker ended", { generation: 1 });
  await moreRequests(load);
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.deepEqual([...load.versions.keys()], ["v1.0.0", "v2.0.0"]);
  await eventually(() => hasRecords(store), { message: "records are written" });
  const noise = dewy.output().filter((line) => line.includes("Warning"));
  assert.deepEqual(noise, []);
}

async function deployed(dewy: DewyProcess, tag: string): Promise<void> {
  await dewy.waitForLog("Deployment completed successfully", { tag });
}

async function hasRecords(store: BrowsableStore): Promise<boolean> {
  for (const tag of ["v1.0.0", "v2.0.0"]) {
    const prefix = `${PREFIX}${tag}/shipped_to_`;
    const [record, ...others] = await store.listObjects(prefix, NEVER);
    if (record === undefined) return false;
    assert.match(record.key, /_server_at_\d{8}T\d{6}\.\d{9}Z\.txt$/);
    assert.deepEqual([record.bytes, others], [0, []]);
  }
  return true;
}

/** Waits for 200 requests more. */
async function moreRequests(load: LoadClient): Promise<void> {
  const wanted = load.requests + 200;
  await eventually(() => load.requests >= wanted, {
    message: `${wanted} requests are answered (${load.failures.join(", ")})`,
  });
}
