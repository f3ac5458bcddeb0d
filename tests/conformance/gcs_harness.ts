import { GcsStore } from "../../src/client/gcs_store.ts";
import type { GcsServer } from "../support/gcs_server.ts";
import type { TestBucket } from "./object_harness.ts";
import { ProxiedFaults } from "./proxied_faults.ts";
import type { StoreHarness } from "./object_store_suite.ts";

const NEVER = new AbortController().signal;
/** Requests at a time while a bucket is filled. */
const AT_ONCE = 16;

/** Makes a bucket for a registry. */
export async function openGcsBucket(server: GcsServer): Promise<TestBucket> {
  const bucket = await server.createBucket();
  const store = new GcsStore({ bucket, env: server.env() });
  const faults = new ProxiedFaults();
  const front = faults.front(
    server.endpoint,
    (line) => line.includes("alt=media") ? "bytes" : "metadata",
  );
  return {
    faults,
    // The emulator takes no credentials; what errors show of them is in tests/unit/client/gcs_store_test.ts.
    secrets: [],
    env: { STORAGE_EMULATOR_HOST: front },
    url: `gs://${bucket}`,
    missingUrl: "gs://missing-bucket",
    put: (objects) => putAll(server, bucket, objects),
    remove: (key) => store.remove(key, NEVER),
    keys: async (prefix) =>
      (await store.listObjects(prefix, NEVER)).map(({ key }) => key),
  };
}

/** Makes a bucket for the tests of the store itself. */
export async function openGcsStoreHarness(
  server: GcsServer,
): Promise<StoreHarness> {
  const bucket = await server.createBucket();
  const env = server.env();
  return {
    store: new GcsStore({ bucket, env }),
    missing: new GcsStore({ bucket: "missing-bucket", env }),
    at: (endpoint) => new GcsStore({ bucket, env, endpoint }),
    put: (objects) => putAll(server, bucket, objects),
  };
}

async function putAll(
  server: GcsServer,
  bucket: string,
  objects: readonly (readonly [key: string, text: string])[],
): Promise<void> {
  for (let start = 0; start < objects.length; start += AT_ONCE) {
    await Promise.all(
      objects.slice(start, start + AT_ONCE)
        .map(([key, text]) => server.put(bucket, key, text)),
    );
  }
}
