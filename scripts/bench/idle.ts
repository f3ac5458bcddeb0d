/**
 * Prints what an idle dewy costs in each mode: resident memory after a while of
 * polling, against an empty Deno process in the same run. Container mode is
 * measured with Podman, as root.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { delay } from "../../tests/support/delay.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { ServerBench } from "../../tests/support/server_bench.ts";
import { bundleInto } from "../bundle.ts";
import { print } from "../print.ts";
import { measureModes, residentMb } from "./idle_modes.ts";
import { DEWY_FLAGS, UNSTABLE_FLAGS } from "../runtime_flags.ts";

const SETTLE_MS = 10_000;
const GOAL_MB = 60;
const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

const row = (what: string, mb: number, rest = "") =>
  print(`${what.padEnd(56)}${mb.toFixed(1)} MB${rest}\n`);

/** Starts a process, lets it settle, and returns its memory. */
async function measure(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    await delay(SETTLE_MS);
    return await residentMb(child.pid);
  } finally {
    child.kill("SIGTERM");
    await child.status;
  }
}

async function startMs(
  args: readonly string[],
  cwd?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  const startedAt = performance.now();
  await new Deno.Command(Deno.execPath(), {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    env,
    stdout: "null",
    stderr: "null",
  }).output();
  return performance.now() - startedAt;
}

/** Deploys once, so that there is nothing left to do, and measures a dewy that only polls. */
async function idleMb(
  dewy: readonly string[],
  bench: ServerBench,
): Promise<{ readonly deployedMb: number; readonly idleMb: number }> {
  const server = bench.serverArgs({ args: ["--interval", "1s"] });
  const deployedMb = await measure([...dewy, ...server], bench.workdir);
  return {
    deployedMb,
    idleMb: await measure([...dewy, ...server], bench.workdir),
  };
}

async function printMemory(): Promise<boolean> {
  await using shipped = await ServerBench.create();
  await using source = await ServerBench.create();
  for (const bench of [shipped, source]) {
    await bench.publish("v1.0.0", { checksum: "right" });
  }
  const empty = source.path("empty.ts");
  await Deno.writeTextFile(empty, "setInterval(() => {}, 1000);\n");
  const emptyMb = await measure(["run", "--no-config", empty], source.workdir);
  const main = await bundleInto(shipped.path("bundle"));
  const bundled = await idleMb([
    "run",
    "--no-config",
    ...UNSTABLE_FLAGS,
    ...DEWY_FLAGS,
    main,
  ], shipped);
  const plain = await idleMb(
    ["run", ...DEWY_FLAGS, "--config", CONFIG, MAIN],
    source,
  );
  row("empty Deno process", emptyMb);
  row(
    "dewy server as it ships, polling",
    bundled.idleMb,
    ` (goal: at most ${GOAL_MB})`,
  );
  row("dewy server as it ships, after a deploy", bundled.deployedMb);
  row("dewy server from source, polling", plain.idleMb);
  row("dewy server from source, after a deploy", plain.deployedMb);
  return bundled.idleMb <= GOAL_MB;
}

/** Prints what the other modes cost, as they ship. */
async function printModes(): Promise<void> {
  await using folder = await TempDir.create();
  const main = await bundleInto(folder.path);
  const modes = await measureModes({ main, settleMs: SETTLE_MS });
  for (const { what, pollingMb, deployedMb } of modes) {
    row(`${what}, polling`, pollingMb);
    row(`${what}, after a deploy`, deployedMb);
  }
}

/** A port of this host that nobody listens on: the driver is loaded, asked, and fails. */
const CLOSED = "127.0.0.1:9";

/** Registries whose drivers have a library of their own, and what they need. */
const DRIVERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "ghr://owner/repo": {
    GITHUB_API_URL: `http://${CLOSED}/api/v3`,
    GH_TOKEN: "ghp_benchmark",
  },
  [`s3://us-east-1/bucket?endpoint=http://${CLOSED}`]: {
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: "benchmark-secret",
  },
  "gs://bucket": { STORAGE_EMULATOR_HOST: CLOSED },
  [`grpc://${CLOSED}?no-tls=true`]: {},
};

/** Prints what each driver costs: memory after polls that failed, and the time of one. */
async function printDrivers(): Promise<void> {
  await using bench = await ServerBench.create();
  const main = await bundleInto(bench.path("bundle"));
  const dewy = ["run", "--no-config", ...UNSTABLE_FLAGS, ...DEWY_FLAGS, main];
  for (const [url, env] of Object.entries(DRIVERS)) {
    const assets = ["assets", "--registry", url];
    const mb = await measure([...dewy, ...assets], bench.workdir, env);
    const once = [...dewy, ...assets, "--once"];
    const ms = await startMs(once, bench.workdir, env);
    const [scheme = ""] = url.split(":");
    print(
      `${`dewy assets as it ships, ${scheme}`.padEnd(56)}${
        mb.toFixed(1)
      } MB, one failing poll and exit ${ms.toFixed(0)} ms\n`,
    );
  }
}

const good = await printMemory();
await printModes();
await printDrivers();
Deno.exitCode = good ? 0 : 1;
