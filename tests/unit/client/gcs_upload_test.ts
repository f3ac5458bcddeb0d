import { deepEqual, rejects } from "node:assert/strict";
import { FilesystemError, SourceError } from "../../../src/base/errors.ts";
import { GcsStore } from "../../../src/client/gcs_store.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/free_port.ts";
import { GcsServer } from "../../support/gcs_server.ts";
import { TempDir } from "../../support/temp_dir.ts";

const NEVER = new AbortController().signal;
const server = await GcsServer.start();

/** Waits until this process has the file open no more. */
async function closed(path: string): Promise<void> {
  await eventually(() => {
    const open = [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/self/fd/${name}`) === path;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return false;
        throw error;
      }
    });
    return open.length === 0;
  }, { message: "the file is closed", timeoutMs: 2_000 });
}

async function writeSample(dir: TempDir): Promise<string> {
  const path = dir.join("artifact");
  await Deno.writeFile(path, new Uint8Array(3_000_000));
  return path;
}

Deno.test("writeFile() closes its file when there are no credentials", async () => {
  await using dir = await TempDir.create();
  const path = await writeSample(dir);
  const name = "GOOGLE_APPLICATION_CREDENTIALS";
  const before = Deno.env.get(name);
  await Deno.writeTextFile(dir.join("key.json"), "{}");
  Deno.env.set(name, dir.join("key.json"));
  try {
    const { endpoint } = server;
    const bucket = await server.createBucket();
    const options = { bucket, endpoint, authorize: true, env: {} };
    for (let attempt = 0; attempt < 3; attempt++) {
      await rejects(
        new GcsStore(options).writeFile("k", path, NEVER),
        (error) => error instanceof SourceError && error.code === "denied",
      );
    }
    await closed(path);
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
  }
});

Deno.test("writeFile() closes its file however it ends", async () => {
  await using dir = await TempDir.create();
  const path = await writeSample(dir);
  const bucket = await server.createBucket();
  const env = server.env();
  const store = new GcsStore({ bucket, env });
  await store.writeFile("k", path, NEVER);
  await closed(path);
  const objects = await store.listObjects("", NEVER);
  deepEqual(objects.map(({ key, bytes }) => [key, bytes]), [["k", 3_000_000]]);

  const reason = new Error("stopped");
  const isReason = (error: unknown) => error === reason;
  const aborted = AbortSignal.abort(reason);
  await rejects(store.writeFile("k", path, aborted), isReason);
  await closed(path);

  const nobody = `http://127.0.0.1:${freePort()}`;
  const lost = new GcsStore({ bucket, endpoint: nobody, env });
  await rejects(lost.writeFile("k", path, NEVER), { code: "unavailable" });
  await closed(path);

  await using refusing = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("no", { status: 403 }),
  );
  const endpoint = `http://127.0.0.1:${refusing.addr.port}`;
  const refused = new GcsStore({ bucket, endpoint, env });
  await rejects(refused.writeFile("k", path, NEVER), { code: "denied" });
  await closed(path);
});

Deno.test("writeFile() says that the file of this host is to blame", async () => {
  const bucket = await server.createBucket();
  const store = new GcsStore({ bucket, env: server.env() });
  await rejects(
    store.writeFile("k", "/no/such/file", NEVER),
    FilesystemError,
  );
});
