import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { releaseNames, waitForFailure } from "../support/deploy_state.ts";
import { artifactName } from "../support/registry_folder.ts";
import { ServerBench } from "../support/server_bench.ts";
import { tar } from "../support/tar_bytes.ts";

Deno.test("an archive that would write outside its folder is refused, by name", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start();
  await bench.serves("v1.0.0");
  const before = await releaseNames(bench.workdir);
  const bytes = gzipSync(tar(
    { name: "VERSION", body: "v2.0.0\n" },
    { name: "out", type: "2", target: "../../.." },
    { name: "out/evil", body: "x" },
  ));
  await bench.registry.publish("v2.0.0", { bytes });
  const failed = await waitForFailure(dewy, "v2.0.0");
  assert.match(String(failed["error"]), /^Cannot unpack "out(?:\/evil)?": /);
  assert.match(String(failed["hint"]), /links that stay inside it/);
  await assert.rejects(Deno.lstat(bench.path("evil")), Deno.errors.NotFound);
  await assert.rejects(
    Deno.lstat(`${bench.workdir}/evil`),
    Deno.errors.NotFound,
  );
  assert.deepEqual(await releaseNames(bench.workdir), before);
  assert.equal(await bench.version(), "v1.0.0");
});

Deno.test("an archive that holds more than --max-expanded-size leaves nothing on the disk", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start({ args: ["--max-expanded-size", "1MiB"] });
  await bench.serves("v1.0.0");
  const before = await releaseNames(bench.workdir);
  const bytes = gzipSync(
    tar({ name: "zeros", body: new Uint8Array(2 * 1024 * 1024) }),
  );
  await bench.registry.publish("v2.0.0", { bytes });
  const failed = await waitForFailure(dewy, "v2.0.0");
  assert.equal(
    failed["error"],
    "Cannot unpack the archive: a file has over 1048576 bytes",
  );
  assert.match(String(failed["hint"]), /--max-expanded-size/);
  assert.deepEqual(await releaseNames(bench.workdir), before);
  assert.equal(await bench.version(), "v1.0.0");
});

Deno.test("an archive of more entries than --max-entries is refused", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start({ args: ["--max-entries", "100"] });
  await bench.serves("v1.0.0");
  const files = Array.from({ length: 101 }, (_, n) => ({ name: `f${n}` }));
  await bench.registry.publish("v2.0.0", { bytes: gzipSync(tar(...files)) });
  const failed = await waitForFailure(dewy, "v2.0.0");
  assert.equal(
    failed["error"],
    "Cannot unpack the archive: it holds more than 100 entries",
  );
  assert.match(String(failed["hint"]), /--max-entries/);
  assert.equal(await bench.version(), "v1.0.0");
});

Deno.test("an artifact over --max-artifact-size is not stored", async () => {
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = bench.start({ args: ["--max-artifact-size", "100KiB"] });
  await bench.serves("v1.0.0");
  const bytes = crypto.getRandomValues(new Uint8Array(60 * 1024));
  await bench.publish("v2.0.0", { files: { a: bytes, b: bytes.toReversed() } });
  const failed = await waitForFailure(dewy, "v2.0.0");
  assert.equal(
    failed["error"],
    `Cannot store "v2.0.0--${artifactName()}": it is larger than 102400 bytes`,
  );
  assert.equal(failed["hint"], "Raise the limit with --max-artifact-size");
  const cached = await Array.fromAsync(
    Deno.readDir(`${bench.workdir}/.dewy/cache`),
  );
  assert.deepEqual(cached.map(({ name }) => name).sort(), [
    "current",
    `v1.0.0--${artifactName()}`,
  ]);
  assert.equal(await bench.version(), "v1.0.0");
});
