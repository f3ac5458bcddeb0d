import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { FileArtifactStore } from "../../../src/artifact/file.ts";
import type { ArtifactBody } from "../../../src/base/artifact_body.ts";
import { FilesystemError } from "../../../src/base/errors.ts";
import { pump } from "../../../src/cache/pump.ts";

const MIB = 1024 ** 2;
const NEVER = new AbortController().signal;
const OPTIONS = { name: "v1--a", maxBytes: 100 * MIB, signal: NEVER };

async function withFile(
  body: (file: Deno.FsFile, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    using file = await Deno.open(join(folder, "to"), {
      write: true,
      create: true,
    });
    await body(file, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Gives `bytes` in pieces whose size divides no block. */
function piecesOf(bytes: Uint8Array): ArtifactBody["stream"] {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at === bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + 61_001));
      at = Math.min(at + 61_001, bytes.length);
    },
  });
}

/** Gives zeros, and then whatever `end` does. */
function zeros(bytes: number, end: () => Promise<never>) {
  let left = bytes;
  const cancelled: unknown[] = [];
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (left === 0) return end();
      const size = Math.min(left, 65_536);
      left -= size;
      controller.enqueue(new Uint8Array(size));
      return undefined;
    },
    cancel(reason) {
      cancelled.push(reason);
    },
  });
  return { stream, cancelled };
}

for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 7]) {
  Deno.test(`pump() writes and hashes ${size} bytes in their order`, async () => {
    const bytes = new Uint8Array(randomBytes(size));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await withFile(async (file, folder) => {
      const from = join(folder, "from");
      await Deno.writeFile(from, bytes);
      const store = new FileArtifactStore();
      for (
        const body of [
          { stream: piecesOf(bytes), length: size },
          { stream: piecesOf(bytes) },
          await store.open(pathToFileURL(from).href, NEVER),
        ]
      ) {
        await file.truncate(0);
        await file.seek(0, Deno.SeekMode.Start);
        deepEqual(await pump(body, { ...OPTIONS, file }), {
          bytes: size,
          sha256,
        });
        ok(
          (await Deno.readFile(join(folder, "to"))).every((byte, at) =>
            byte === bytes[at]
          ),
        );
        equal((await file.stat()).size, size);
      }
    });
  });
}

Deno.test("pump() tells that a body is too long as soon as it is", async () => {
  const hang = () => new Promise<never>(() => {});
  await withFile(async (file) => {
    for (const length of [2, MIB, 2 * MIB - 1]) {
      const long = zeros(length + 1, hang);
      const body = { stream: long.stream, length };
      await rejects(pump(body, { ...OPTIONS, file }), { code: "length" });
      equal(long.cancelled.length, 1);
      const large = zeros(length + 1, hang);
      const small = { ...OPTIONS, file, maxBytes: length };
      await rejects(pump(large, small), { code: "too-large" });
      equal(large.cancelled.length, 1);
    }
  });
});

Deno.test({
  name:
    "pump() fails with the first failure, that of the disk before that of the source",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const failures = [
      () => Promise.reject(new TypeError("broken")),
      () => new Promise<never>(() => {}),
    ];
    for (const fail of failures) {
      using file = await Deno.open("/dev/full", { write: true });
      const body = zeros(MIB, fail);
      // What comes after the first block must not be waited for.
      const limits = { ...OPTIONS, file, maxBytes: 2 * MIB };
      await rejects(pump(body, limits), (error) => {
        ok(error instanceof FilesystemError, String(error));
        return /No space/.test(String(error.cause));
      });
    }
  },
});

Deno.test("pump() ends at an abort between two blocks", async () => {
  await withFile(async (file) => {
    const controller = new AbortController();
    const body = zeros(MIB, () => {
      controller.abort(new Error("stopped"));
      return new Promise<never>(() => {});
    });
    const { signal } = controller;
    await rejects(pump(body, { ...OPTIONS, file, signal }), /stopped/);
    equal(body.cancelled.length, 1);
  });
});
