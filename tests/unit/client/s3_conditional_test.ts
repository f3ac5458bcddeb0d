import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { systemClock } from "../../../src/base/time.ts";
import type { DeployEvent } from "../../../src/base/event.ts";
import { VersionConflict } from "../../../src/client/object_store.ts";
import { S3Store } from "../../../src/client/s3_store.ts";
import { CachedRegistry } from "../../../src/registry/cached.ts";
import { CachedObject } from "../../../src/registry/cached_object.ts";
import { type Loss, LossyProxy } from "../../support/lossy_proxy.ts";
import { S3Server } from "../../support/s3_server.ts";

const server = await S3Server.start();
const NEVER = new AbortController().signal;
const encode = (text: string) => new TextEncoder().encode(text);

/** A store behind a proxy, and one that sees the bucket as it is. */
async function openStores(proxy: LossyProxy) {
  const bucket = await server.createBucket();
  const at = (endpoint: string) =>
    new S3Store({
      region: server.region,
      endpoint,
      bucket,
      env: server.env(),
    });
  return { store: at(proxy.url), direct: at(server.endpoint) };
}

/** Loses the first `count` PUTs or their answers. */
function losePuts(proxy: LossyProxy, count: number, loss: Loss): void {
  let left = count;
  proxy.lose = (line) =>
    line.startsWith("PUT ") && left-- > 0 ? loss : undefined;
}

function write(store: S3Store, text: string, ifVersion: string) {
  const options = { contentType: "text/plain", ifVersion, signal: NEVER };
  return store.write("lock", encode(text), options);
}

for (const loss of ["answer", "request"] as const) {
  for (const count of [1, 2]) {
    Deno.test(`write() with a condition succeeds after ${count} × lost ${loss}`, async () => {
      await using proxy = new LossyProxy(server.endpoint);
      const { store, direct } = await openStores(proxy);
      losePuts(proxy, count, loss);
      const first = await write(store, "mine", "");
      deepEqual(await direct.readText("lock", NEVER), {
        text: "mine",
        version: first,
      });
      losePuts(proxy, count, loss);
      const second = await write(store, "mine again", first);
      deepEqual(await direct.readText("lock", NEVER), {
        text: "mine again",
        version: second,
      });
    });
  }
}

Deno.test("write() with a condition is a conflict when another host was faster than its second attempt", async () => {
  await using proxy = new LossyProxy(server.endpoint);
  const { store, direct } = await openStores(proxy);
  const version = await write(direct, "old", "");
  let attempts = 0;
  proxy.lose = async (line) => {
    if (!line.startsWith("PUT ") || attempts++ > 0) return undefined;
    await write(direct, "theirs", version);
    return "request";
  };
  await rejects(write(store, "mine", version), VersionConflict);
  equal(attempts, 2);
  equal((await direct.readText("lock", NEVER))?.text, "theirs");
});

Deno.test("write() with a condition costs one request when it is a plain conflict", async () => {
  await using proxy = new LossyProxy(server.endpoint);
  const { store, direct } = await openStores(proxy);
  await write(direct, "theirs", "");
  await rejects(write(store, "mine", ""), VersionConflict);
  equal(proxy.requests.length, 1);
});

Deno.test("write() with a condition fails when every answer gets lost", async () => {
  await using proxy = new LossyProxy(server.endpoint);
  const { store } = await openStores(proxy);
  losePuts(proxy, 3, "answer");
  await rejects(write(store, "mine", ""), (error) => {
    ok(error instanceof SourceError);
    equal(error.code, "unavailable");
    return true;
  });
});

Deno.test("a host whose claim loses its answer asks and publishes all the same", async () => {
  await using proxy = new LossyProxy(server.endpoint);
  const { store, direct } = await openStores(proxy);
  const events: DeployEvent[] = [];
  let asked = 0;
  const open = (of: S3Store) =>
    new CachedRegistry({
      ttlMs: 60_000,
      wholeOnly: false,
      registry: {
        rules: { preRelease: false, slot: "" },
        report: () => Promise.resolve(),
        survey: () => Promise.resolve([]),
        latest: () => {
          asked++;
          return Promise.resolve({ kind: "filtered", reason: "none" });
        },
      },
      object: new CachedObject({
        store: of,
        key: "entry.json",
        clock: systemClock,
      }),
      node: "web1:1",
      clock: systemClock,
      emit: (event) => events.push(event),
    });
  let puts = 0;
  // The first attempt of the claim, and the first one to publish.
  proxy.lose = (line) =>
    line.startsWith("PUT ") && puts++ % 2 === 0 ? "answer" : undefined;
  const answer = { kind: "filtered", reason: "none" };
  deepEqual(await open(store).latest(NEVER), answer);
  deepEqual(await open(direct).latest(NEVER), answer);
  equal(asked, 1);
  deepEqual(events.map(({ type }) => type), ["registry-refreshed"]);
  equal(puts, 4);
});
