import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { parseDriverUrl } from "../../../src/base/url.ts";
import { openBucket, openObject } from "../../../src/client/open_bucket.ts";
import { S3Store } from "../../../src/client/s3_store.ts";
import { listVersion } from "../../../src/registry/object_listing.ts";
import { openRegistry } from "../../../src/registry/open_registry.ts";
import type { Registry } from "../../../src/registry/registry.ts";
import { S3Server } from "../../support/s3_server.ts";
import { TempDir } from "../../support/temp_dir.ts";

const server = await S3Server.start();
const NEVER = new AbortController().signal;
const NAME = "app_linux_amd64.tar.gz";

function open(url: string): Promise<Registry> {
  return openRegistry(url, {
    slot: "",
    platform: { os: "linux", arch: "amd64" },
    env: server.env(),
  });
}

async function latestRelease(registry: Registry) {
  const found = await registry.latest(NEVER);
  ok(found.kind === "release", JSON.stringify(found));
  return found.release;
}

function storeOf(bucket: string): S3Store {
  const { region, endpoint } = server;
  return new S3Store({ region, endpoint, bucket, env: server.env() });
}

Deno.test("latest() hands on the checksum that S3 keeps, unless one is published", async () => {
  const bucket = await server.createBucket();
  const store = storeOf(bucket);
  await using temp = await TempDir.create();
  await Deno.writeTextFile(temp.join("file"), "the bytes");
  await store.writeFile(`v1.0.0/${NAME}`, temp.join("file"), NEVER);
  const registry = await open(`s3://${server.region}/${bucket}`);
  const { sha256 } = await latestRelease(registry);
  equal(
    sha256,
    "ed589341c9fd5da96aaff4c5efa008226282a716186608d5a032ac75895a9c2f",
  );
  await server.put(bucket, [[`v1.0.0/${NAME}.sha256`, "another"]]);
  const published = await latestRelease(registry);
  deepEqual([published.sha256, published.checksumUrls.length], [undefined, 1]);
});

Deno.test("latest() forgets a checksum with the bytes it is of", async () => {
  const bucket = await server.createBucket();
  const store = storeOf(bucket);
  await using temp = await TempDir.create();
  await Deno.writeTextFile(temp.join("file"), "the bytes");
  await store.writeFile(`v1.0.0/${NAME}`, temp.join("file"), NEVER);
  const registry = await open(`s3://${server.region}/${bucket}`);
  const first = await latestRelease(registry);
  await Deno.writeTextFile(temp.join("file"), "other bytes");
  await store.writeFile(`v1.0.0/${NAME}`, temp.join("file"), NEVER);
  const second = await latestRelease(registry);
  ok(first.sha256 !== undefined && second.sha256 !== undefined);
  ok(first.sha256 !== second.sha256);
  ok(first.fingerprint !== second.fingerprint);
});

Deno.test("latest() sees what is listed behind thousands of audit records", async () => {
  const bucket = await server.createBucket();
  const records = Array.from(
    { length: 3500 },
    (_, index) => [`v1.0.0/shipped_to_web${index}_server.txt`, ""] as const,
  );
  await server.put(bucket, [
    ...records,
    ["v1.0.0/zapp_linux_amd64.tar.gz", "app"],
  ]);
  const store = storeOf(bucket);
  let pages = 0;
  const listing = await listVersion(
    {
      async *listPages(...args) {
        for await (const page of store.listPages(...args)) {
          pages++;
          yield page;
        }
      },
    },
    "v1.0.0/",
    NEVER,
  );
  deepEqual([...listing?.objects.keys() ?? []], ["zapp_linux_amd64.tar.gz"]);
  equal(pages, 2);
  const release = await latestRelease(
    await open(`s3://${server.region}/${bucket}`),
  );
  equal(release.artifactName, "zapp_linux_amd64.tar.gz");
});

Deno.test("latest() finds an artifact in a folder of the version", async () => {
  const bucket = await server.createBucket();
  await server.put(bucket, [
    ["v1.0.0/", ""],
    ["v1.0.0/dist/", ""],
    [`v1.0.0/dist/${NAME}`, "app"],
    [`v1.0.0/dist/${NAME}.sha256`, "sum"],
  ]);
  const registry = await open(
    `s3://${server.region}/${bucket}?artifact=dist/${NAME}`,
  );
  const release = await latestRelease(registry);
  equal(release.artifactName, NAME);
  ok(release.artifactUrl.endsWith(`/${bucket}/v1.0.0/dist/${NAME}`));
  equal(release.checksumUrls.length, 1);
});

Deno.test("latest() waits for an empty checksum of the artifact", async () => {
  const bucket = await server.createBucket();
  await server.put(bucket, [
    [`v1.0.0/${NAME}`, "app"],
    [`v1.0.0/${NAME}.sha256sum`, ""],
  ]);
  const registry = await open(`s3://${server.region}/${bucket}`);
  const found = await registry.latest(NEVER);
  ok(found.kind === "incomplete");
  equal(found.incomplete[0]?.reason, `checksum is empty: ${NAME}.sha256sum`);
});

const ENV = { AWS_ENDPOINT_URL: "https://s3.example.com" };
const WHAT = { what: "registry", env: ENV };

Deno.test("openBucket() makes URLs that openObject() reads back", async () => {
  const urls: readonly (readonly [string, string])[] = [
    [
      "s3://eu/b/a%20p?endpoint=http://h:9/x%26y",
      "s3://eu/b/k%20%2B%23%3F%25/%C3%BC?endpoint=http%3A%2F%2Fh%3A9%2Fx%26y",
    ],
    ["s3://eu/b?region=us", "s3://us/b/k%20%2B%23%3F%25/%C3%BC"],
    ["gs://b/p", "gs://b/k%20%2B%23%3F%25/%C3%BC"],
  ];
  for (const [url, expected] of urls) {
    const place = await openBucket(parseDriverUrl(url, WHAT), WHAT);
    const text = place.urlOf("k +#?%/ü");
    equal(text, expected);
    const { key } = await openObject(parseDriverUrl(text, WHAT), WHAT);
    equal(key, "k +#?%/ü");
  }
});

Deno.test("openBucket() gives the prefix one slash at its end", async () => {
  const prefixes: readonly (readonly [string, string])[] = [
    ["s3://eu/b", ""],
    ["s3://eu/b/", ""],
    ["s3://eu/b/p", "p/"],
    ["s3://eu/b//p/q//", "p/q/"],
    ["gs://b", ""],
    ["gs://b/p%20q/", "p q/"],
  ];
  for (const [url, prefix] of prefixes) {
    const place = await openBucket(parseDriverUrl(url, WHAT), WHAT);
    equal(place.prefix, prefix, url);
  }
});

Deno.test("openBucket() says what is wrong with a URL", async () => {
  const forms: readonly (readonly [string, string])[] = [
    ["s3://eu", "It must have the form s3://<region>/<bucket>/<prefix>"],
    ["s3:///b/p", "It must have the form s3://<region>/<bucket>/<prefix>"],
    ["gs:///p", "It must have the form gs://<bucket>/<prefix>"],
    [
      "s3://eu/b?endpoint=h:9",
      "Write it with its scheme: endpoint=https://s3.example.com",
    ],
  ];
  for (const [url, hint] of forms) {
    await rejects(
      openBucket(parseDriverUrl(url, WHAT), WHAT),
      (error) => error instanceof ConfigError && error.hint === hint,
      url,
    );
  }
});
