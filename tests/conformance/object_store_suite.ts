import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../src/base/errors.ts";
import {
  type BrowsableStore,
  VersionConflict,
} from "../../src/client/object_store.ts";
import { delay } from "../support/delay.ts";
import { TempDir } from "../support/temp_dir.ts";
import { type Fault, FaultServer } from "../support/fault_server.ts";

/** An empty bucket, and what else a test of its store needs. */
export interface StoreHarness {
  readonly store: BrowsableStore;
  /** A bucket that there is not. */
  readonly missing: BrowsableStore;
  /** The same bucket at another address. */
  at(endpoint: string): BrowsableStore;
  /** Puts objects, as somebody else than dewy does. */
  put(
    objects: readonly (readonly [key: string, text: string])[],
  ): Promise<void>;
}

const NEVER = new AbortController().signal;
const encoder = new TextEncoder();
const TEXT = { contentType: "text/plain", signal: NEVER };

type Test = (
  behaviour: string,
  body: (harness: StoreHarness) => Promise<void>,
) => void;

/** Tests what every {@link BrowsableStore} must do. */
export function testObjectStore(
  name: string,
  openHarness: () => Promise<StoreHarness>,
): void {
  const test: Test = (behaviour, body) =>
    Deno.test(`${name} store: ${behaviour}`, async () => {
      await body(await openHarness());
    });
  testListing(test);
  testReading(test);
  testWriting(test);
  testConditions(test);
  testAborts(test);
  testFaults(test);
}

function testListing(test: Test): void {
  test("listFolders() returns the names below a prefix, over pages", async ({ store, put }) => {
    const names = Array.from({ length: 1100 }, (_, index) => `v1.0.${index}`);
    await put(names.map((name) => [`apps/${name}/file`, "x"] as const));
    await put([["apps/plain", "x"], ["apps//nameless", "x"], ["v9/x", "x"]]);
    const folders = await store.listFolders("apps/", NEVER);
    deepEqual(folders, names.sort());
    deepEqual(await store.listFolders("", NEVER), ["apps", "v9"]);
    deepEqual(await store.listFolders("none/", NEVER), []);
  });
  test("listObjects() says what there is, over pages", async ({ store, put }) => {
    const keys = Array.from({ length: 1100 }, (_, index) => `many/${index}`);
    await put(keys.map((key) => [key, key] as const));
    const objects = await store.listObjects("many/", NEVER);
    deepEqual(objects.map(({ key }) => key), keys.sort());
    deepEqual(objects.map(({ bytes }) => bytes), keys.map((key) => key.length));
    ok(Math.abs((objects[0]?.modifiedAt ?? 0) - Date.now()) < 60_000);
    deepEqual(await store.listObjects("none/", NEVER), []);
  });
  test("listPages() begins behind a key", async ({ store, put }) => {
    await put([["f/a", "x"], ["f/b", "x"], ["f/b1", "x"], ["f/ü", "x"]]);
    const options = { after: "f/b", signal: NEVER };
    const pages = await Array.fromAsync(store.listPages("f/", options));
    deepEqual(pages.flat().map(({ key }) => key), ["f/b1", "f/ü"]);
    const last = { after: "f/\u{10ffff}", signal: NEVER };
    const none = await Array.fromAsync(store.listPages("f/", last));
    deepEqual(none.flat(), []);
  });
}

function testReading(test: Test): void {
  test("open() gives the bytes of any key", async ({ store, put }) => {
    const key = "ア プリ/a b#c?d%20&=+'()*!~@:;,$.zip";
    await put([[key, "the bytes"]]);
    const { stream, length } = await store.open(key, NEVER);
    equal(await new Response(stream).text(), "the bytes");
    equal(length, 9);
    const [object] = await store.listObjects("ア プリ/", NEVER);
    equal(object?.key, key);
  });
  test("open() and readText() say when there is nothing", async ({ store }) => {
    await rejects(store.open("none", NEVER), isSourceError("not-found"));
    equal(await store.readText("none", NEVER), undefined);
  });
  test("a bucket that there is not is told", async ({ missing }) => {
    const isNotFound = isSourceError("not-found");
    await rejects(missing.listFolders("", NEVER), isNotFound);
    await rejects(missing.listObjects("", NEVER), isNotFound);
    await rejects(missing.open("key", NEVER), isNotFound);
    await rejects(missing.write("key", new Uint8Array(), TEXT), isNotFound);
  });
}

function testWriting(test: Test): void {
  test("write() replaces, and readText() reads back", async ({ store }) => {
    const first = await store.write("a b", encoder.encode("ä"), TEXT);
    deepEqual(await store.readText("a b", NEVER), {
      text: "ä",
      version: first,
    });
    const second = await store.write("a b", encoder.encode("b"), TEXT);
    ok(second !== first);
    deepEqual(await store.readText("a b", NEVER), {
      text: "b",
      version: second,
    });
    const [listed] = await store.listObjects("a b", NEVER);
    equal(listed?.version, second);
  });
  test("writeFile() streams 64 MB", async ({ store }) => {
    await using temp = await TempDir.create();
    const path = temp.join("file");
    const bytes = new Uint8Array(64 * 1024 * 1024);
    for (let at = 0; at < bytes.length; at += 4096) bytes[at] = at / 4096;
    await Deno.writeFile(path, bytes);
    await store.writeFile("big", path, NEVER);
    const { stream, length } = await store.open("big", NEVER);
    equal(length, bytes.length);
    equal(
      await digest(await new Response(stream).arrayBuffer()),
      await digest(bytes),
    );
  });
  test("remove() removes, also what is not there", async ({ store }) => {
    await store.write("key", encoder.encode("x"), TEXT);
    await store.remove("key", NEVER);
    equal(await store.readText("key", NEVER), undefined);
    await store.remove("key", NEVER);
  });
}

function testConditions(test: Test): void {
  test("write() can insist that there is none", async ({ store }) => {
    const options = { ...TEXT, ifVersion: "" };
    const version = await store.write("key", encoder.encode("1"), options);
    await rejects(
      store.write("key", encoder.encode("2"), options),
      VersionConflict,
    );
    deepEqual(await store.readText("key", NEVER), { text: "1", version });
  });
  test("write() can insist on a version", async ({ store }) => {
    const first = await store.write("key", encoder.encode("1"), TEXT);
    const options = { ...TEXT, ifVersion: first };
    const version = await store.write("key", encoder.encode("2"), options);
    await rejects(
      store.write("key", encoder.encode("3"), options),
      VersionConflict,
    );
    deepEqual(await store.readText("key", NEVER), { text: "2", version });
    await store.remove("key", NEVER);
    await rejects(
      store.write("key", encoder.encode("4"), { ...TEXT, ifVersion: version }),
      VersionConflict,
    );
  });
  test("write() lets one of many writers win", async ({ store }) => {
    for (
      const ifVersion of ["", await store.write("b", encoder.encode("0"), TEXT)]
    ) {
      const key = ifVersion === "" ? "a" : "b";
      const attempts = await Promise.allSettled(
        Array.from(
          { length: 10 },
          (_, index) =>
            store.write(key, encoder.encode(`${index} writes`), {
              ...TEXT,
              ifVersion,
            }),
        ),
      );
      const won = attempts.flatMap((attempt, index) =>
        attempt.status === "fulfilled" ? [index] : []
      );
      equal(won.length, 1, `${won.length} writers won`);
      const lost = attempts.filter((attempt) => attempt.status === "rejected");
      ok(
        lost.every(({ reason }) => reason instanceof VersionConflict),
        String(lost[0]?.reason),
      );
      const read = await store.readText(key, NEVER);
      equal(read?.text, `${won[0]} writes`);
    }
  });
}

function testAborts(test: Test): void {
  test("nothing is asked after an abort", async ({ store }) => {
    const reason = new Error("stopped");
    const signal = AbortSignal.abort(reason);
    const isReason = (error: unknown) => error === reason;
    const bytes = new Uint8Array();
    await rejects(store.listFolders("", signal), isReason);
    await rejects(store.listObjects("", signal), isReason);
    await rejects(store.open("key", signal), isReason);
    await rejects(store.readText("key", signal), isReason);
    await rejects(store.write("key", bytes, { ...TEXT, signal }), isReason);
    await rejects(store.remove("key", signal), isReason);
    equal(await store.readText("key", NEVER), undefined);
  });
  test("an abort ends what hangs", async ({ at }) => {
    await using server = await FaultServer.start("hang");
    const store = at(server.url);
    const controller = new AbortController();
    const reason = new Error("stopped");
    const { signal } = controller;
    const hanging = Promise.allSettled([
      store.listFolders("", signal),
      store.open("key", signal),
      store.readText("key", signal),
      store.write("key", new Uint8Array(1), { ...TEXT, signal }),
      store.remove("key", signal),
    ]);
    await server.asked(5);
    const before = Date.now();
    controller.abort(reason);
    const results = await hanging;
    ok(Date.now() - before < 1000);
    ok(
      results.every((r) => r.status === "rejected" && r.reason === reason),
      JSON.stringify(results),
    );
  });
  test("an abort ends a stream", async ({ at }) => {
    await using server = await FaultServer.start("stall");
    const controller = new AbortController();
    const { stream } = await at(server.url).open("key", controller.signal);
    const reader = stream.getReader();
    ok((await reader.read()).value !== undefined);
    const reason = new Error("stopped");
    const reading = reader.read();
    await delay(50);
    controller.abort(reason);
    await rejects(reading, (error) => error === reason);
  });
}

function testFaults(test: Test): void {
  test("an address that does not answer is told", async ({ at }) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const url = `http://127.0.0.1:${port}`;
    await rejects(at(url).listFolders("", NEVER), (error) => {
      ok(isSourceError("unavailable")(error), String(error));
      return error instanceof SourceError && (error.hint ?? "").includes(url);
    });
  });
  const codes: readonly (readonly [Fault, string])[] = [
    ["500", "unavailable"],
    ["429", "unavailable"],
    ["403", "denied"],
    ["reset", "unavailable"],
    ["junk", "invalid"],
  ];
  for (const [fault, code] of codes) {
    test(`the fault "${fault}" is ${code}`, async ({ at }) => {
      await using server = await FaultServer.start(fault);
      await rejects(at(server.url).listFolders("", NEVER), (error) => {
        ok(error instanceof SourceError, String(error));
        equal(error.code, code, error.message);
        ok(error.hint !== undefined);
        equal(error.retryAfterMs, fault === "429" ? 7000 : 0);
        return true;
      });
    });
  }
  test("a body that breaks off is no whole one", async ({ at }) => {
    await using server = await FaultServer.start("truncate");
    const { stream, length } = await at(server.url).open("key", NEVER);
    equal(length, 1000);
    await rejects(new Response(stream).bytes(), isSourceError("unavailable"));
  });
}

function isSourceError(code: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof SourceError && error.code === code &&
    error.hint !== undefined;
}

async function digest(bytes: BufferSource): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(hash).toHex();
}
