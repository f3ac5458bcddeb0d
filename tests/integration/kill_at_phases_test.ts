import assert from "node:assert/strict";
import { join } from "node:path";
import { delay } from "../support/delay.ts";
import type { DewyProcess } from "../support/dewy_process.ts";
import { eventually } from "../support/eventually.ts";
import { get } from "../support/http_connection.ts";
import { assertInOrder } from "../support/in_order.ts";
import { artifactName } from "../support/registry_folder.ts";
import { ServerBench } from "../support/server_bench.ts";

const OLD = "v1.0.0";
const NEW = "v1.1.0";
/** How long the next dewy may take until some version is served, milliseconds. */
const BACK_MS = 10_000;
const BIG_FILE_BYTES = 300 * 1024 * 1024;
const MANY_FILES = 8_000;

/** An instant of a deploy at which dewy is killed. */
interface Phase {
  readonly name: string;
  readonly args?: readonly string[];
  readonly program?: string;
  /** Publishes the version whose deploy is cut short. */
  readonly publish?: (bench: ServerBench) => Promise<void>;
  /** Resolves when the deploy of the new version has come that far. */
  readonly reached: (bench: ServerBench, dewy: DewyProcess) => Promise<unknown>;
  /** What shows after the kill that it came at that instant. */
  readonly shows: (bench: ServerBench) => Promise<boolean>;
  /** Takes away what held the deploy up there. */
  readonly release?: (bench: ServerBench) => Promise<void>;
}

const BEFORE_HOOK = "--before-deploy-hook";
const AFTER_HOOK = "--after-deploy-hook";
/** Waits as long as the file `hold` is there; says so in `held`. */
const HOLD_HOOK =
  '[ "$DEWY_VERSION" != v1.1.0 ] || { touch held; while [ -e hold ]; do sleep 0.05; done; }';

const PHASES: readonly Phase[] = [
  {
    name: "during the download",
    publish: (bench) => publishBig(bench),
    reached: (bench) =>
      appears(join(bench.workdir, ".dewy/cache"), /\.partial$/),
    shows: (bench) => has(join(bench.workdir, ".dewy/cache"), /\.partial$/),
  },
  {
    name: "during the extraction",
    publish: (bench) => publishMany(bench),
    reached: (bench) => appears(join(bench.workdir, "releases"), /^\.staging-/),
    shows: (bench) => has(join(bench.workdir, "releases"), /^\.staging-/),
  },
  {
    name: "in the before-hook",
    args: [BEFORE_HOOK, HOLD_HOOK],
    reached: (bench) => appears(bench.workdir, /^held$/),
    shows: (bench) => has(join(bench.workdir, ".dewy/cache"), /^v1\.1\.0--/),
    release: (bench) => Deno.remove(join(bench.workdir, "hold")),
  },
  {
    name: "after the swap of the link, in the after-hook",
    args: [AFTER_HOOK, HOLD_HOOK],
    reached: (bench) => appears(bench.workdir, /^held$/),
    shows: async (bench) => await tagInState(bench, "deploying") === NEW,
    release: (bench) => Deno.remove(join(bench.workdir, "hold")),
  },
  {
    name: "right after the swap of the link",
    reached: (_, dewy) => dewy.waitForLog("Create symlink"),
    shows: async (bench) => await tagInState(bench, "deploying") === NEW,
  },
  {
    name: "while the new worker proves itself",
    args: ["--ready", "notify"],
    program: "notify_ready.mjs",
    reached: async (bench, dewy) => {
      await dewy.waitForLog("Create symlink");
      await newWorker(bench, dewy);
    },
    shows: async (bench) => await tagInState(bench, "deploying") === NEW,
    release: (bench) => openGate(bench, NEW),
  },
  {
    name: "right after the deploy, before it is reported",
    reached: (_, dewy) =>
      dewy.waitForLog("Deployment completed successfully", { tag: NEW }),
    shows: async (bench) => await tagInState(bench, "deployed") === NEW,
  },
];

for (const phase of PHASES) {
  for (const upgrade of [false, true]) {
    const kind = upgrade ? "an upgrade" : "the first deploy";
    Deno.test(`kill -9 ${phase.name} of ${kind} leaves the old version or the new one`, async () => {
      await killAt(phase, { upgrade });
    });
  }
}

Deno.test("kill -9 while the old worker drains leaves the new version", async () => {
  await using bench = await ServerBench.create();
  await bench.publish(OLD);
  {
    await using dewy = bench.start();
    await bench.serves(OLD);
    const slow = get({ port: bench.port }, "/?delay=1500");
    await bench.publish(NEW);
    await dewy.waitForLog("Sending TERM to old worker");
    await dewy.crash();
    const { body } = await slow;
    assert.match(body, /^v1\.0\.0 /, "the slow request was answered");
    await startAgain(bench, {});
  }
});

/** Lets the workers of a version send READY=1. */
function openGate(bench: ServerBench, version: string): Promise<void> {
  return Deno.writeTextFile(join(bench.workdir, `go.${version}`), "");
}

async function killAt(
  phase: Phase,
  { upgrade }: { readonly upgrade: boolean },
): Promise<void> {
  await using bench = await ServerBench.create();
  const { args = [], program = "web.mjs" } = phase;
  const options = { args, env: { NOTIFY_WHEN: "go" } };
  if (upgrade) {
    await bench.publish(OLD, { program });
    await openGate(bench, OLD);
    await using dewy = bench.start(options);
    await dewy.waitForLog("Deployment completed successfully", { tag: OLD });
  }
  await Deno.writeTextFile(join(bench.workdir, "hold"), "");
  if (phase.publish === undefined) await bench.publish(NEW, { program });
  else await phase.publish(bench);
  {
    await using dewy = bench.start(options);
    await phase.reached(bench, dewy);
    await dewy.crash();
    assert.ok(await phase.shows(bench), "the kill came at another instant");
    await phase.release?.(bench);
    await startAgain(bench, options);
  }
}

/** Starts dewy as before and sees it come to the new version. */
async function startAgain(
  bench: ServerBench,
  options: { readonly args?: readonly string[] },
): Promise<void> {
  await using dewy = bench.start(options);
  try {
    const served = await eventually(() => bench.version(), {
      timeoutMs: BACK_MS,
      message: "a version is served again",
    });
    assert.ok(served === OLD || served === NEW, served);
    await assertInOrder(bench, NEW);
    const killed = dewy.logs("Worker of the former dewy ended", {
      killed: true,
    });
    assert.deepEqual(killed, []);
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\n${dewy.transcript()}`, {
      cause,
    });
  }
}

/** Waits for a name in a folder, as fast as it can be seen. */
async function appears(folder: string, pattern: RegExp): Promise<void> {
  const until = Date.now() + 20_000;
  while (Date.now() < until) {
    try {
      if (await has(folder, pattern)) return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await delay(1);
  }
  throw new Error(`Nothing like ${pattern} appeared in ${folder}`);
}

async function has(folder: string, pattern: RegExp): Promise<boolean> {
  for await (const { name } of Deno.readDir(folder)) {
    if (pattern.test(name)) return true;
  }
  return false;
}

/** The tag that the state has under way, or else as deployed. */
async function tagInState(
  bench: ServerBench,
  part: "deploying" | "deployed",
): Promise<unknown> {
  const path = join(bench.workdir, ".dewy", "state.json");
  return JSON.parse(await Deno.readTextFile(path))[part]?.tag;
}

/** Waits until the worker that was started after the swap of the link runs the program. */
async function newWorker(bench: ServerBench, dewy: DewyProcess): Promise<void> {
  await eventually(async () => {
    const logs = dewy.logs();
    const swap = logs.findIndex(({ msg }) => msg === "Create symlink");
    const started = logs.slice(swap).find(({ msg }) =>
      msg === "Starting new worker"
    );
    const workers = await bench.workers();
    return workers.some(({ pid, command: [program] }) =>
      pid === started?.["pid"] && program === Deno.execPath()
    );
  }, { message: "the new worker runs" });
}

async function publishBig(bench: ServerBench): Promise<void> {
  const zeros = new Uint8Array(BIG_FILE_BYTES);
  await bench.publish(NEW, {
    files: { blob: zeros },
    artifactName: artifactName(".tar"),
  });
}

async function publishMany(bench: ServerBench): Promise<void> {
  const names = Array.from(
    { length: MANY_FILES },
    (_, i) => `many/${i % 100}/${i}`,
  );
  await bench.publish(NEW, {
    files: Object.fromEntries(names.map((name) => [name, name])),
  });
}
