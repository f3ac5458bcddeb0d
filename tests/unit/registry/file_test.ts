import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { SourceError } from "../../../src/base/errors.ts";
import type { Registry } from "../../../src/registry/registry.ts";
import { openRegistry } from "../../../src/registry/open_registry.ts";

const NAME = "app_linux_amd64.tar.gz";
const NEVER = new AbortController().signal;

interface Folder extends AsyncDisposable {
  readonly path: string;
  put(path: string, text: string): Promise<void>;
  open(query?: string): Promise<Registry>;
}

async function tempFolder(): Promise<Folder> {
  const path = await Deno.makeTempDir();
  return {
    path,
    async put(name, text) {
      await Deno.mkdir(join(path, name, ".."), { recursive: true });
      await Deno.writeTextFile(join(path, name), text);
    },
    open: (query = "") =>
      openRegistry(pathToFileURL(path).href + query, {
        slot: "",
        platform: { os: "linux", arch: "amd64" },
        env: {},
      }),
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
    },
  };
}

async function latestTag(registry: Registry): Promise<string> {
  const found = await registry.latest(NEVER);
  ok(found.kind === "release", JSON.stringify(found));
  return found.release.tag;
}

Deno.test("latest() follows links to folders and passes over links to files", async () => {
  await using folder = await tempFolder();
  await folder.put(`store/${NAME}`, "app");
  await folder.put("plain", "no folder");
  await Deno.symlink(join(folder.path, "store"), join(folder.path, "v1.0.0"));
  await Deno.symlink(join(folder.path, "plain"), join(folder.path, "v2.0.0"));
  await Deno.symlink(join(folder.path, "gone"), join(folder.path, "v3.0.0"));
  await Deno.symlink("v4.0.0", join(folder.path, "v4.0.0"));
  await folder.put("v5.0.0", "no folder either");
  equal(await latestTag(await folder.open()), "v1.0.0");
});

Deno.test("latest() takes only regular files for artifacts", async () => {
  await using folder = await tempFolder();
  await folder.put(`v1.0.0/${NAME}`, "app");
  await Deno.mkdir(join(folder.path, "v1.1.0", NAME), { recursive: true });
  await Deno.mkdir(join(folder.path, "v1.2.0"));
  const pipe = join(folder.path, "v1.2.0", NAME);
  const { success } = await new Deno.Command("mkfifo", { args: [pipe] })
    .output();
  ok(success);
  const found = await (await folder.open()).latest(NEVER);
  ok(found.kind === "release");
  equal(found.release.tag, "v1.0.0");
  deepEqual(found.incomplete.map(({ tag }) => tag), ["v1.2.0", "v1.1.0"]);
  const named = await (await folder.open(`?artifact=${NAME}`)).latest(NEVER);
  ok(named.kind === "release" && named.release.tag === "v1.0.0");
});

Deno.test("latest() follows a link to an artifact", async () => {
  await using folder = await tempFolder();
  await folder.put("store/bytes", "app");
  await Deno.mkdir(join(folder.path, "v1.0.0"));
  await Deno.symlink("../store/bytes", join(folder.path, "v1.0.0", NAME));
  equal(await latestTag(await folder.open()), "v1.0.0");
});

Deno.test("latest() does not take a file for an artifact while it is copied", async () => {
  await using folder = await tempFolder();
  await folder.put(`v1.0.0/${NAME}`, "app");
  for (const name of [`.${NAME}`, `${NAME}.partial`, "x_linux_amd64.tmp"]) {
    await folder.put(`v1.1.0/${name}`, "half");
  }
  equal(await latestTag(await folder.open()), "v1.0.0");
});

Deno.test("latest() waits for an empty checksum file of the artifact", async () => {
  await using folder = await tempFolder();
  await folder.put(`v1.0.0/${NAME}`, "app");
  await folder.put(`v1.0.0/${NAME}.sha256`, "");
  const found = await (await folder.open()).latest(NEVER);
  ok(found.kind === "incomplete");
  equal(found.incomplete[0]?.reason, `checksum is empty: ${NAME}.sha256`);
});

Deno.test("latest() gives another fingerprint when a checksum is corrected", async () => {
  await using folder = await tempFolder();
  await folder.put(`v1.0.0/${NAME}`, "app");
  await folder.put(`v1.0.0/${NAME}.sha256`, "wrong");
  const first = await (await folder.open()).latest(NEVER);
  await folder.put(`v1.0.0/${NAME}.sha256`, "corrected");
  const second = await (await folder.open()).latest(NEVER);
  ok(first.kind === "release" && second.kind === "release");
  ok(first.release.fingerprint !== second.release.fingerprint);
});

Deno.test("latest() takes the time of a wrong clock for no grace", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(join(folder.path, "v1.0.0"));
  const tomorrow = Date.now() / 1000 + 86_400;
  await Deno.utime(join(folder.path, "v1.0.0"), tomorrow, tomorrow);
  const found = await (await folder.open()).latest(NEVER);
  ok(found.kind === "incomplete");
  deepEqual(found.incomplete.map((v) => v.withinGrace), [false]);
});

Deno.test("latest() stops after a hundred incomplete versions", async () => {
  await using folder = await tempFolder();
  await folder.put(`v0.9.0/${NAME}`, "app");
  for (let patch = 0; patch < 120; patch++) {
    await Deno.mkdir(join(folder.path, `v1.0.${patch}`));
  }
  const found = await (await folder.open()).latest(NEVER);
  ok(found.kind === "incomplete");
  equal(found.incomplete.length, 100);
});

Deno.test("latest() says what is wrong with the folder", async () => {
  await using folder = await tempFolder();
  await folder.put("file", "x");
  const registry = await openRegistry(
    pathToFileURL(join(folder.path, "file")).href,
    { slot: "", platform: { os: "linux", arch: "amd64" }, env: {} },
  );
  await rejects(
    registry.latest(NEVER),
    (error) =>
      error instanceof SourceError && error.code === "not-found" &&
      error.message.endsWith("no such folder"),
  );
  await folder.put("latest/x", "x");
  await rejects((await folder.open()).latest(NEVER), {
    hint: 'Publish a version named like "v1.2.3"; it has "latest"',
  });
});

Deno.test("latest() reads 10,000 versions in under a second and keeps no memory", async () => {
  await using folder = await tempFolder();
  for (let index = 0; index < 10_000; index++) {
    await Deno.mkdir(
      join(folder.path, `v${index % 7}.${index % 100}.${index}`),
    );
  }
  await folder.put(`v6.99.10000/${NAME}`, "app");
  const registry = await folder.open();
  const usual = await medianOfTwenty(registry);
  const before = heapInUse();
  await medianOfTwenty(registry);
  const grown = heapInUse() - before;
  ok(usual < 1000, `${usual} ms`);
  ok(grown < 1024 * 1024, `${grown} bytes`);
});

/** Returns the usual time of a look-up, milliseconds: the longest one tells of neighbours. */
async function medianOfTwenty(registry: Registry): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 20; round++) {
    const startedAt = performance.now();
    equal(await latestTag(registry), "v6.99.10000");
    times.push(performance.now() - startedAt);
  }
  return times.toSorted((a, b) => a - b)[10] ?? Number.NaN;
}

function heapInUse(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return Deno.memoryUsage().heapUsed;
}

Deno.test("report() gives the folder its time back", async () => {
  await using folder = await tempFolder();
  await folder.put(`v1.0.0/${NAME}`, "app");
  const path = join(folder.path, "v1.0.0");
  await Deno.utime(path, 1_700_000_000, 1_700_000_000);
  const registry = await folder.open();
  const found = await registry.latest(NEVER);
  ok(found.kind === "release");
  const { release } = found;
  const report = { release, command: "assets", host: "a/b", at: 0 } as const;
  await registry.report(report, NEVER);
  const { mtime } = await Deno.stat(path);
  equal(mtime?.getTime(), 1_700_000_000_000);
  const record = "shipped_to_a_b_assets_at_19700101T000000.000000000Z.txt";
  equal((await Deno.stat(join(path, record))).size, 0);
});

Deno.test("report() refuses a tag that leaves the folder", async () => {
  await using folder = await tempFolder();
  await folder.put(`v1.0.0/${NAME}`, "app");
  const registry = await folder.open();
  const found = await registry.latest(NEVER);
  ok(found.kind === "release");
  for (const tag of ["..", "../x", "", "a/b"]) {
    const release = { ...found.release, tag };
    const report = { release, command: "server", host: "h", at: 0 } as const;
    await rejects(registry.report(report, NEVER), { code: "invalid" });
  }
});
