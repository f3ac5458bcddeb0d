import { S3Store } from "../../src/client/s3_store.ts";
import type { S3Server } from "../support/s3_server.ts";
import type { TestBucket } from "./object_harness.ts";
import { ProxiedFaults } from "./proxied_faults.ts";
import type { StoreHarness } from "./object_store_suite.ts";

const NEVER = new AbortController().signal;

/** Makes a bucket for a registry. */
export async function openS3Bucket(server: S3Server): Promise<TestBucket> {
  const bucket = await server.createBucket();
  const { region, endpoint } = server;
  const store = new S3Store({ region, endpoint, bucket, env: server.env() });
  const faults = new ProxiedFaults();
  const front = faults.front(
    endpoint,
    (line) => line.includes("x-id=GetObject") ? "bytes" : "metadata",
  );
  return {
    faults,
    secrets: Object.values(server.keys),
    env: { ...server.env(), AWS_ENDPOINT_URL_S3: front },
    url: `s3://${region}/${bucket}`,
    missingUrl: `s3://${region}/missing-bucket`,
    put: (objects) => server.put(bucket, objects),
    remove: (key) => store.remove(key, NEVER),
    keys: async (prefix) =>
      (await store.listObjects(prefix, NEVER)).map(({ key }) => key),
  };
}

/** Makes a bucket for the tests of the store itself. */
export async function openS3StoreHarness(
  server: S3Server,
): Promise<StoreHarness> {
  const bucket = await server.createBucket();
  const { region, endpoint } = server;
  const env = server.env();
  return {
    store: new S3Store({ region, endpoint, bucket, env }),
    missing: new S3Store({ region, endpoint, bucket: "missing-bucket", env }),
    at: (url) => new S3Store({ region, endpoint: url, bucket, env }),
    put: (objects) => server.put(bucket, objects),
  };
}
