import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openArtifactStore } from "../../../src/artifact/open_artifact_store.ts";
import { SourceError } from "../../../src/base/errors.ts";

const NEVER = new AbortController().signal;

async function inFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  const folder = join(root, "a #?%25 é");
  await Deno.mkdir(folder);
  try {
    await body(folder);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function urlOf(...parts: [string, ...string[]]): string {
  return pathToFileURL(join(...parts)).href;
}

/** The files this process holds open in `folder`. */
async function openFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir("/proc/self/fd")) {
    const path = await Deno.readLink(`/proc/self/fd/${name}`).catch(() => "");
    if (path.startsWith(folder)) names.push(path);
  }
  return names;
}

async function writeBytes(path: string, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length).map((_, index) => index % 251);
  await Deno.writeFile(path, bytes);
  return bytes;
}

Deno.test("open() streams a file in chunks and closes it", async () => {
  await inFolder(async (folder) => {
    const bytes = await writeBytes(join(folder, "app"), 200_000);
    const body = await openArtifactStore().open(urlOf(folder, "app"), NEVER);
    equal(body.length, 200_000);
    const chunks = await Array.fromAsync(body.stream);
    deepEqual(chunks.map((c) => c.length), [65536, 65536, 65536, 3392]);
    deepEqual(new Uint8Array(await new Blob(chunks).arrayBuffer()), bytes);
    deepEqual(await openFiles(folder), []);
  });
});

Deno.test("open() reads an empty file", async () => {
  await inFolder(async (folder) => {
    await Deno.writeFile(join(folder, "app"), new Uint8Array());
    const body = await openArtifactStore().open(urlOf(folder, "app"), NEVER);
    deepEqual([body.length, await Array.fromAsync(body.stream)], [0, []]);
  });
});

Deno.test("open() closes the file when the stream is cancelled", async () => {
  await inFolder(async (folder) => {
    await writeBytes(join(folder, "app"), 200_000);
    const store = openArtifactStore();
    const unread = await store.open(urlOf(folder, "app"), NEVER);
    equal((await openFiles(folder)).length, 1);
    await unread.stream.cancel();
    const begun = await store.open(urlOf(folder, "app"), NEVER);
    for await (const chunk of begun.stream) {
      ok(chunk.length > 0);
      break;
    }
    deepEqual(await openFiles(folder), []);
  });
});

Deno.test("open() ends the stream and closes the file at an abort", async () => {
  await inFolder(async (folder) => {
    await writeBytes(join(folder, "app"), 200_000);
    const controller = new AbortController();
    const { stream } = await openArtifactStore()
      .open(urlOf(folder, "app"), controller.signal);
    const reader = stream.getReader();
    await reader.read();
    const pending = reader.read();
    controller.abort(new Error("stopped"));
    await rejects(pending, /stopped/);
    await rejects(reader.read(), /stopped/);
    deepEqual(await openFiles(folder), []);
  });
});

Deno.test("open() does not begin after an abort", async () => {
  await inFolder(async (folder) => {
    await writeBytes(join(folder, "app"), 10);
    const signal = AbortSignal.abort(new Error("stopped"));
    const url = urlOf(folder, "app");
    await rejects(openArtifactStore().open(url, signal), /stopped/);
    const controller = new AbortController();
    const opening = openArtifactStore().open(url, controller.signal);
    controller.abort(new Error("stopped"));
    await rejects(opening, /stopped/);
    const deadline = Date.now() + 5000;
    while ((await openFiles(folder)).length > 0) {
      ok(Date.now() < deadline, "The file stays open");
    }
  });
});

Deno.test("open() refuses what is missing or no regular file", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "dir"));
    const args = [join(folder, "pipe")];
    ok((await new Deno.Command("mkfifo", { args }).output()).success);
    for (const name of ["gone", "dir", "pipe"]) {
      await rejects(
        openArtifactStore().open(urlOf(folder, name), NEVER),
        (error) => error instanceof SourceError && error.code === "not-found",
        name,
      );
    }
  });
});

Deno.test("openArtifactStore() names the schemes it can read", async () => {
  for (const url of ["ftp://u:secret@h/x", "constructor:x", "x"]) {
    await rejects(
      openArtifactStore().open(url, NEVER),
      (error) =>
        error instanceof SourceError && error.code === "invalid" &&
        error.hint?.startsWith("This version can read file://") === true &&
        !error.message.includes("secret"),
    );
  }
});
