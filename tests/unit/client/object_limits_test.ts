import { equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { GcsStore } from "../../../src/client/gcs_store.ts";
import type { ObjectStore } from "../../../src/client/object_store.ts";
import { S3Store } from "../../../src/client/s3_store.ts";

const NEVER = new AbortController().signal;
const MIB = 1024 * 1024;
const KEYS = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };

/** A service whose answers have no end, and how much of them was sent. */
function serveEndless(status: number) {
  const sent = { bytes: 0 };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            sent.bytes += 64 * 1024;
            controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
          },
        }),
        { status, headers: { etag: '"1"', "x-goog-generation": "1" } },
      ),
  );
  return { server, sent, endpoint: `http://127.0.0.1:${server.addr.port}` };
}

const STORES: Readonly<Record<string, (endpoint: string) => ObjectStore>> = {
  s3: (endpoint) =>
    new S3Store({ region: "r", bucket: "b", endpoint, env: KEYS }),
  gs: (endpoint) =>
    new GcsStore({ bucket: "b", endpoint, env: {}, authorize: false }),
};

for (const [scheme, open] of Object.entries(STORES)) {
  Deno.test(`${scheme}:// reads no more than 1 MiB of a small object`, async () => {
    const { server, sent, endpoint } = serveEndless(200);
    await using _server = server;
    await rejects(open(endpoint).readText("k", NEVER), (error) => {
      ok(error instanceof SourceError);
      equal(error.code, "invalid");
      equal(
        error.message,
        `Cannot read "${scheme}://b/k": The object is larger than 1 MiB`,
      );
      return true;
    });
    ok(sent.bytes < 40 * MIB, `${sent.bytes}`);
  });

  Deno.test(`${scheme}:// reads no more than the begin of what comes with an error`, async () => {
    const { server, sent, endpoint } = serveEndless(403);
    await using _server = server;
    await rejects(open(endpoint).readText("k", NEVER), SourceError);
    ok(sent.bytes < 40 * MIB, `${sent.bytes}`);
  });
}
