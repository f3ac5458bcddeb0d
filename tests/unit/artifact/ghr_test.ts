import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { openArtifactStore } from "../../../src/artifact/open_artifact_store.ts";
import { GhrArtifactStore } from "../../../src/artifact/ghr.ts";
import { ConfigError, SourceError } from "../../../src/base/errors.ts";
import { GithubClient } from "../../../src/client/github_client.ts";
import { within } from "../../support/delay.ts";
import { FaultServer } from "../../support/fault_server.ts";
import { GithubServer } from "../../support/github_server.ts";

const NEVER = new AbortController().signal;
const URL_OF_APP = "ghr://o/app/tag/v1.0.0/app.tar.gz";
const MIB = 1024 * 1024;

function publish(server: GithubServer, text = "bytes"): void {
  server.repo("o/app").publish("v1.0.0", { "app.tar.gz": text });
}

/** A stream of `size` bytes that is made as it is read. */
function zeros(
  size: number,
  cancel: () => void = () => {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = size;
  return new ReadableStream({
    cancel,
    pull(controller) {
      const chunk = new Uint8Array(Math.min(left, 64 * 1024));
      left -= chunk.length;
      controller.enqueue(chunk);
      if (left === 0) controller.close();
    },
  });
}

async function failure(task: Promise<unknown>): Promise<SourceError> {
  try {
    await task;
  } catch (error) {
    ok(error instanceof SourceError, String(error));
    ok(!`${error.message} ${error.cause}`.includes("signature="), "leaked");
    return error;
  }
  throw new Error("It did not fail");
}

Deno.test("ghr:// gives the bytes from the storage host, which never sees the token", async () => {
  await using server = new GithubServer();
  publish(server);
  const { storage } = server;
  let hops = 0;
  storage.intercept = (request) => {
    if (++hops > 3) return undefined;
    return new Response(null, {
      status: 302,
      headers: { location: request.url },
    });
  };
  const store = openArtifactStore({ env: server.env });
  const { stream, length } = await store.open(URL_OF_APP, NEVER);
  equal(await new Response(stream).text(), "bytes");
  equal(length, 5);
  deepEqual([storage.leaked, storage.paths.length], [[], 4]);
});

Deno.test("ghr:// takes the bytes from the API when it gives them itself, and tags with slashes", async () => {
  await using server = new GithubServer();
  server.repo("o/app").publish("release/2024.01", { "a b.zip": "direct" });
  server.intercept = ({ url, headers }) =>
    url.includes("/assets/") && headers.get("accept")?.includes("octet")
      ? new Response("direct")
      : undefined;
  const { stream } = await openArtifactStore({ env: server.env })
    .open("ghr://o/app/tag/release%2F2024.01/a%20b.zip", NEVER);
  equal(await new Response(stream).text(), "direct");
  deepEqual(server.storage.paths, []);
});

Deno.test("ghr:// holds little memory, however large the artifact is", async () => {
  await using server = new GithubServer();
  const size = 200 * MIB;
  server.repo("o/app").publish("v1.0.0", {
    "app.tar.gz": { size, stream: () => zeros(size) },
  });
  const store = openArtifactStore({ env: server.env });
  const { stream, length } = await store.open(URL_OF_APP, NEVER);
  let bytes = 0;
  let chunks = 0;
  let peak = 0;
  const before = Deno.memoryUsage();
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (++chunks % 64 !== 0) continue;
    const { heapUsed, external } = Deno.memoryUsage();
    peak = Math.max(peak, heapUsed + external);
  }
  deepEqual([bytes, length], [size, size]);
  const grown = peak - before.heapUsed - before.external;
  ok(grown < 100 * MIB, `${Math.round(grown / MIB)} MiB more in use`);
});

Deno.test("ghr:// ends with the reason of an abort, before and while it streams", async () => {
  await using server = new GithubServer();
  const size = 500 * MIB;
  const cancelled = Promise.withResolvers<void>();
  server.repo("o/app").publish("v1.0.0", {
    "app.tar.gz": { size, stream: () => zeros(size, cancelled.resolve) },
  });
  const store = openArtifactStore({ env: server.env });
  const reason = new Error("stopped");
  const isReason = (error: unknown) => error === reason;
  await rejects(store.open(URL_OF_APP, AbortSignal.abort(reason)), isReason);
  const controller = new AbortController();
  const { stream } = await store.open(URL_OF_APP, controller.signal);
  const reader = stream.getReader();
  await reader.read();
  controller.abort(reason);
  await rejects(reader.read(), isReason);
  const ended = await within(cancelled.promise.then(() => true), 5_000);
  ok(ended, "the connection is kept");
});

Deno.test("ghr:// says that a download broke off or stalled", async () => {
  await using server = new GithubServer();
  publish(server);
  const client = await GithubClient.open(server.env, { stallMs: 100 });
  const store = new GhrArtifactStore(client);
  const ends = [["truncate", "unavailable"], ["stall", "timeout"]] as const;
  for (const [fault, code] of ends) {
    await using faulty = await FaultServer.start(fault);
    server.storage.intercept = () => Response.redirect(faulty.url);
    const { stream } = await store.open(URL_OF_APP, NEVER);
    equal((await failure(new Response(stream).text())).code, code);
  }
});

Deno.test("ghr:// names the storage host that refuses, and not its signed address", async () => {
  await using server = new GithubServer();
  publish(server);
  server.storage.intercept = () => new Response("no", { status: 503 });
  const store = openArtifactStore({ env: server.env });
  const error = await failure(store.open(URL_OF_APP, NEVER));
  const { host } = new URL(server.storage.url);
  ok(error.message.includes(`"${host}" answers with status 503`));
  equal(server.storage.paths.length, 3, "a momentary failure is tried again");
});

Deno.test("ghr:// says that there is no such release or asset", async () => {
  await using server = new GithubServer();
  publish(server);
  server.repo("o/app").publish("v1.1.0", { "app.tar.gz": "half" }, {
    asset: { state: "open" },
  });
  const store = openArtifactStore({ env: server.env });
  const urls = ["v1.0.0/other", "v1.1.0/app.tar.gz", "v9/app.tar.gz"];
  for (const url of urls) {
    const error = await failure(store.open(`ghr://o/app/tag/${url}`, NEVER));
    equal(error.code, "not-found");
  }
});

Deno.test("ghr:// needs credentials", async () => {
  await rejects(
    openArtifactStore({ env: {} }).open(URL_OF_APP, NEVER),
    ConfigError,
  );
});
