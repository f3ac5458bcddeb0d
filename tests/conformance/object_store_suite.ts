import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../src/base/errors.ts";
import {
  type BrowsableStore,
  VersionConflict,
} from "../../src/client/object_store.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testAborts, testFaults } from "./object_store_faults.ts";

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

/** Registers one test of a harness. */
export type Test = (
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

/** Returns the check for an error with this code and a hint. */
export function isSourceError(code: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof SourceError && error.code === code &&
    error.hint !== undefined;
}

async function digest(bytes: BufferSource): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(hash).toHex();
}
