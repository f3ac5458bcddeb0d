import assert from "node:assert/strict";
import { join } from "node:path";
import { DewyProcess } from "../support/dewy_process.ts";
import { assertOnDisk } from "../support/in_order.ts";
import { ServerBench } from "../support/server_bench.ts";

const VERSION = "v1.0.0";

/** A run of `--once`, and how it must end. */
interface Run {
  readonly name: string;
  readonly command: "server" | "assets";
  readonly args?: readonly string[];
  readonly prepare: (bench: ServerBench) => Promise<unknown>;
  readonly code: number;
  /** What stands on stderr beside the log. */
  readonly says: RegExp;
}

const publish = (bench: ServerBench) => bench.publish(VERSION);

const FAILURES: readonly Run[] = [
  {
    name: "an option that does not exist",
    command: "assets",
    args: ["--no-such-option"],
    prepare: publish,
    code: 1,
    says: /no-such-option/,
  },
  {
    name: "a registry without versions",
    command: "assets",
    prepare: () => Promise.resolve(),
    code: 2,
    says: /registry/,
  },
  {
    name: "a wrong checksum",
    command: "assets",
    prepare: (bench) => bench.publish(VERSION, { checksum: "wrong" }),
    code: 2,
    says: /its SHA-256 is [0-9a-f]{64}, and .* says 0{64}/,
  },
  {
    name: "a broken archive",
    command: "server",
    prepare: (bench) =>
      bench.publish(VERSION, { bytes: new Uint8Array(1000).fill(0x61) }),
    code: 2,
    says: /Cannot read the archive/,
  },
  {
    name: "a real folder in place of the link",
    command: "assets",
    prepare: async (bench) => {
      await bench.publish(VERSION);
      await Deno.mkdir(join(bench.workdir, "current"));
    },
    code: 3,
    says: /current": it is a real folder, not a link/,
  },
  {
    name: "a file in place of the folder of the releases",
    command: "assets",
    prepare: async (bench) => {
      await bench.publish(VERSION);
      await Deno.writeTextFile(join(bench.workdir, "releases"), "");
    },
    code: 3,
    says: /releases/,
  },
  {
    name: "a worker that ends at once",
    command: "server",
    prepare: (bench) =>
      bench.publish(VERSION, {
        program: "exit_after.mjs",
        files: { EXIT_AFTER: "0" },
      }),
    code: 4,
    says: /The new worker exited with code 3/,
  },
  {
    name: "a before-hook that fails and must not",
    command: "assets",
    args: ["--before-deploy-hook", "exit 9", "--hook-failure", "abort"],
    prepare: publish,
    code: 4,
    says: /before-deploy hook failed with exit code 9/,
  },
];

for (const { name, command, args = [], prepare, code, says } of FAILURES) {
  Deno.test(`${command} --once with ${name} ends with code ${code}`, async () => {
    await using bench = await ServerBench.create();
    await prepare(bench);
    await using dewy = once(bench, command, args);
    const found = await dewy.exitCode();
    const text = dewy.output().join("\n");
    assert.equal(found, code, dewy.transcript());
    assert.match(text, says);
    assert.deepEqual(await bench.workers(), []);
  });
}

Deno.test("assets --once deploys and ends with code 0, and again when there is nothing to do", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(VERSION, { checksum: "right" });
  for (const deploys of [1, 0]) {
    await using dewy = once(bench, "assets", []);
    assert.equal(await dewy.exitCode(), 0, dewy.transcript());
    const done = dewy.logs("Deployment completed successfully");
    assert.equal(done.length, deploys);
    await assertOnDisk(bench.workdir, VERSION);
  }
});

Deno.test("server --once deploys, proves the worker and ends with it and code 0", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(VERSION);
  await using dewy = once(bench, "server", []);
  assert.equal(await dewy.exitCode(), 0, dewy.transcript());
  assert.equal(dewy.logs("New worker is ready").length, 1);
  assert.equal(dewy.logs("Deployment completed successfully").length, 1);
  assert.deepEqual(await bench.workers(), []);
  await assertOnDisk(bench.workdir, VERSION);
});

Deno.test("a second dewy in the same working directory ends with code 1, and the first goes on", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(VERSION);
  await using first = bench.start();
  await bench.serves(VERSION);
  await using second = DewyProcess.start({
    cwd: bench.workdir,
    args: ["assets", "--registry", bench.registry.url, "--once"],
  });
  assert.equal(await second.exitCode(), 1);
  const text = second.output().join("\n");
  assert.match(text, new RegExp(`another dewy \\(process ${first.pid}\\)`));
  await bench.publish("v1.1.0");
  await bench.serves("v1.1.0");
});

/** Starts a run of `--once`. */
function once(
  bench: ServerBench,
  command: "server" | "assets",
  args: readonly string[],
): DewyProcess {
  if (command === "server") {
    return bench.start({ args: ["--once", ...args] });
  }
  return DewyProcess.start({
    cwd: bench.workdir,
    args: ["assets", "--registry", bench.registry.url, "--once", ...args],
  });
}
