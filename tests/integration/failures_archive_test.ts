import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { DewyProcess } from "../support/dewy_process.ts";
import {
  currentTarget,
  readFailure,
  readState,
  releaseNames,
  waitForFailure,
  waitForTicks,
} from "../support/deploy_state.ts";
import { artifactName } from "../support/registry_folder.ts";
import { ServerBench } from "../support/server_bench.ts";
import { tar } from "../support/tar_bytes.ts";
import { zip } from "../support/zip_bytes.ts";

const DAMAGED_HINT =
  "Publish the version again: the file is damaged, or its upload was cut short";

/** How an archive of each format is made, by the end of its name. */
const FORMATS: Readonly<
  Record<string, (files: readonly File[]) => Promise<Uint8Array> | Uint8Array>
> = {
  ".tar": (files) => tar(...files),
  ".tar.gz": (files) => gzipSync(tar(...files)),
  ".tar.zst": (files) => zstdCompressSync(tar(...files)),
  ".tar.bz2": (files) => filter("bzip2", tar(...files)),
  ".tar.xz": (files) => filter("xz", tar(...files)),
  ".zip": (files) => zip(...files),
};

for (const [ending, pack] of Object.entries(FORMATS)) {
  Deno.test(`a damaged ${ending} changes nothing, and is repaired behind the same tag`, async () => {
    await using bench = await ServerBench.create();
    await bench.publish("v1.0.0");
    await using dewy = bench.start();
    await bench.serves("v1.0.0");
    const before = await snapshot(bench);
    const whole = await pack(await release("v2.0.0"));
    const name = artifactName(ending);
    const publish = (bytes: Uint8Array) =>
      bench.registry.publish("v2.0.0", { artifactName: name, bytes });

    await publish(whole.subarray(0, Math.floor(whole.length * 0.6)));
    await assertRefused(dewy, bench, 1);
    assert.deepEqual(await snapshot(bench), before);

    await publish(scrambled(whole));
    await assertRefused(dewy, bench, 2);
    assert.deepEqual(await snapshot(bench), before);

    await publish(whole);
    await bench.serves("v2.0.0");
    await dewy.waitForLog("Deployment completed successfully", {
      tag: "v2.0.0",
    });
    assert.deepEqual((await readState(bench.workdir)).failures, []);
  });
}

Deno.test("a damaged archive is not tried again every tick, and the next version repairs it", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start();
  await bench.serves("v1.0.0");
  const [worker] = await bench.workers();
  const whole = gzipSync(tar(...await release("v2.0.0")));
  await bench.registry.publish("v2.0.0", { bytes: whole.subarray(0, 200) });
  const failed = await waitForFailure(dewy, "v2.0.0");
  assert.equal(failed["restored_to"], "v1.0.0");

  // Five seconds of the interval.
  await waitForTicks(dewy, 25);
  assert.equal(dewy.logs("Deploy started", { tag: "v2.0.0" }).length, 1);
  const warned = dewy.logs("Deploy skipped", { level: "WARN" });
  assert.equal(warned.length, 1, "the skipped version is not told once");
  assert.match(
    String(warned[0]?.["reason"]),
    /^v2\.0\.0 failed 1 time: Cannot read the archive: .*; next attempt after \d{4}-/,
  );
  const failure = await readFailure(bench.workdir, "v2.0.0");
  assert.equal(failure.attempts, 1);
  assert.ok(failure.quarantined);
  const pauseMs = failure.retryAt - failure.lastAt;
  assert.ok(pauseMs >= 225_000 && pauseMs <= 300_000, `pause ${pauseMs} ms`);
  assert.equal((await bench.oneWorker()).pid, worker?.pid);

  await bench.publish("v3.0.0");
  await bench.serves("v3.0.0");
});

Deno.test("an archive whose checksum is another one is not unpacked", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0", { checksum: "right" });
  await using dewy = bench.start();
  await bench.serves("v1.0.0");
  assert.equal(dewy.logs("Verified checksum").length, 1);
  await bench.publish("v2.0.0", { checksum: "wrong" });
  const failed = await waitForFailure(dewy, "v2.0.0");
  assert.match(
    String(failed["error"]),
    /^Cannot deploy "v2\.0\.0--app_.*": its SHA-256 is [0-9a-f]{64}, and app_.*\.sha256 says 0{64}$/,
  );
  assert.equal(
    failed["hint"],
    "Upload the artifact and its checksum again; they do not belong together",
  );
  assert.equal(dewy.logs("Extract archive").length, 1);
  assert.equal(await bench.version(), "v1.0.0");
  await bench.publish("v2.0.0", { checksum: "right" });
  await bench.serves("v2.0.0");
});

Deno.test("--require-checksum refuses a version without one", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0", { checksum: "right" });
  await using dewy = bench.start({ args: ["--require-checksum"] });
  await bench.serves("v1.0.0");
  await bench.publish("v2.0.0");
  const failed = await waitForFailure(dewy, "v2.0.0");
  assert.equal(
    failed["error"],
    `Cannot verify "v2.0.0--${artifactName()}": no checksum is published beside it`,
  );
  assert.equal(
    failed["hint"],
    `Publish "${artifactName()}.sha256" or "SHA256SUMS" with the version, or leave out --require-checksum`,
  );
  assert.equal(await bench.version(), "v1.0.0");
});

interface File {
  readonly name: string;
  readonly body: string | Uint8Array;
}

/** Returns the files of a version that serves. */
async function release(tag: string): Promise<File[]> {
  const web = new URL("../fixtures/programs/web.mjs", import.meta.url);
  return [
    { name: "VERSION", body: `${tag}\n` },
    { name: "app.mjs", body: await Deno.readFile(web) },
    // Enough that a cut and a scar meet content, not only an end mark.
    { name: "padding", body: new Uint8Array(4096) },
  ];
}

/** Returns `bytes` with every bit of the middle half turned over. */
function scrambled(bytes: Uint8Array): Uint8Array {
  const from = bytes.length / 4;
  const to = bytes.length * 3 / 4;
  return bytes.map((byte, at) => at >= from && at < to ? byte ^ 0xff : byte);
}

async function assertRefused(
  dewy: DewyProcess,
  bench: ServerBench,
  attempt: number,
): Promise<void> {
  const failed = await waitForFailure(dewy, "v2.0.0", attempt);
  assert.equal(failed.level, "ERROR");
  assert.match(String(failed["error"]), /^Cannot read the archive: .+/);
  assert.equal(failed["hint"], DAMAGED_HINT);
  assert.equal(failed["restored_to"], "v1.0.0");
  assert.equal(failed["attempts"], 1, "other bytes are counted from one");
  const failure = await readFailure(bench.workdir, "v2.0.0");
  assert.ok(failure.quarantined);
  assert.equal(await bench.version(), "v1.0.0");
}

/** What must not change. */
async function snapshot(bench: ServerBench): Promise<unknown> {
  return {
    target: await currentTarget(bench.workdir),
    releases: await releaseNames(bench.workdir),
    worker: (await bench.oneWorker()).pid,
  };
}

/** Returns what a program makes of `bytes`. */
async function filter(
  program: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const child = new Deno.Command(program, {
    args: ["-c"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const [{ success, stdout }] = await Promise.all([
    child.output(),
    new Response(bytes).body?.pipeTo(child.stdin),
  ]);
  assert.ok(success);
  return stdout;
}
