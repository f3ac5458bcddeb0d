/**
 * dewy on a local registry, for those who change it: publishes a first release
 * of a small server, runs `dewy server` from source, and starts it again after
 * each change of the code. The Enter key publishes the next version. Arguments
 * are further options of `dewy server`, such as `--log-level debug`.
 *
 * @module
 */
import process from "node:process";
import { createInterface, type Interface } from "node:readline";
import { ServerBench } from "../tests/support/server_bench.ts";
import { fromFolder } from "./paths.ts";
import { print } from "./print.ts";
import { DEWY_FLAGS } from "./runtime_flags.ts";

const MAIN = fromFolder("../main.ts");
const CONFIG = fromFolder("../deno.json");
const SOURCES = [MAIN, CONFIG, fromFolder("../src")];

/** Several files change together when an editor or git writes them. */
const SETTLE_MS = 200;

/** Ends with the lines. */
async function publishOnEnter(
  lines: Interface,
  bench: ServerBench,
): Promise<void> {
  let minor = 1;
  for await (const _ of lines) {
    const tag = `v0.${++minor}.0`;
    await bench.publish(tag, { checksum: "right" });
    print(`published ${tag}\n`);
  }
}

/**
 * `deno run --watch` would not do: it starts the code again in the same process,
 * which has the listening sockets still when dewy took long to stop.
 */
function start(bench: ServerBench): Deno.ChildProcess {
  const options = ["--interval", "1s", "--log-level", "info", ...Deno.args];
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", ...DEWY_FLAGS, "--config", CONFIG, MAIN],
      ...bench.serverArgs({ args: options }),
    ],
    cwd: bench.workdir,
    stdin: "null",
    // Else Ctrl-C would reach it, and the signal sent here be its second one.
    detached: true,
  }).spawn();
}

async function stop(dewy: Deno.ChildProcess): Promise<void> {
  try {
    dewy.kill("SIGTERM");
  } catch (error) {
    // It has ended by itself: the code was broken.
    if (!(error instanceof TypeError)) throw error;
  }
  await dewy.status;
}

/** Runs dewy until the watcher is closed, and again after each change. */
async function runAgain(
  bench: ServerBench,
  watcher: Deno.FsWatcher,
): Promise<void> {
  let dewy = start(bench);
  let restarts = Promise.resolve();
  let due: ReturnType<typeof setTimeout> | undefined;
  const restart = async (): Promise<void> => {
    await stop(dewy);
    print("\nThe code has changed: dewy starts again\n");
    dewy = start(bench);
  };
  for await (const { kind } of watcher) {
    if (kind === "access") continue;
    clearTimeout(due);
    due = setTimeout(() => restarts = restarts.then(restart), SETTLE_MS);
  }
  clearTimeout(due);
  await restarts;
  await stop(dewy);
}

await using bench = await ServerBench.create();
await bench.publish("v0.1.0", { checksum: "right" });
print(`registry  ${bench.registry.path}
workdir   ${bench.workdir}
server    http://127.0.0.1:${bench.port}/
Enter     publishes the next version
Ctrl-C    ends all

`);
const watcher = Deno.watchFs(SOURCES);
const lines = createInterface({ input: process.stdin });
const end = () => watcher.close();
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
for (const signal of signals) Deno.addSignalListener(signal, end);
const publishing = publishOnEnter(lines, bench);
await runAgain(bench, watcher);
lines.close();
await publishing;
for (const signal of signals) Deno.removeSignalListener(signal, end);
