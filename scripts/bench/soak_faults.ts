import { join } from "node:path";
import { delay } from "../../tests/support/delay.ts";
import type { DewyProcess } from "../../tests/support/dewy_process.ts";
import { OperatorClient } from "../../tests/support/operator_client.ts";
import { signalIfThere } from "../../tests/support/process_table.ts";
import type { Random } from "../../tests/support/random.ts";
import type { ServerBench } from "../../tests/support/server_bench.ts";
import type { SoakChecker } from "./soak_checker.ts";

/** What faults are done to. */
export interface Arena {
  readonly bench: ServerBench;
  readonly checker: SoakChecker;
  readonly random: Random;
  /** Whether the disk may be filled: the working directory is a small one of its own. */
  readonly smallDisk: boolean;
  readonly start: () => DewyProcess;
  dewy: DewyProcess;
  /** Number of the newest version, good or bad. */
  newest: number;
}

type Fault = (arena: Arena) => Promise<void>;

const LONGEST_DEAD_MS = 3_000;
const LONGEST_AWAY_MS = 4_000;
/**
 * How long requests may fail after a kill, milliseconds: a worker that is left
 * is waited for (5 s), or the pause before the next one has grown.
 */
const OUTAGE_MS = 30_000;
const encoder = new TextEncoder();

/** Every fault, by its name; each puts back what it took away. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  "publish": publishGood,
  "publish once more": publishGood,
  "publish again": publishGood,
  "publish garbage": (arena) =>
    publishBad(arena, { bytes: encoder.encode("no archive") }),
  "publish a wrong checksum": (arena) =>
    publishBad(arena, { checksum: "wrong" }),
  "publish a program that ends": (arena) =>
    publishBad(arena, {
      program: "exit_after.mjs",
      files: { EXIT_AFTER: "50" },
    }),
  "kill -9 dewy": (arena) => restartDewy(arena, "SIGKILL"),
  "stop dewy": (arena) => restartDewy(arena, "SIGTERM"),
  "kill -9 worker": killWorkers,
  "restart by SIGHUP": (arena) => {
    arena.dewy.kill("SIGHUP");
    return Promise.resolve();
  },
  "registry away": registryAway,
  "disk full": (arena) => diskFull(arena, rest),
  "kill -9 dewy on a full disk": (arena) =>
    diskFull(arena, (arena) => restartDewy(arena, "SIGKILL")),
  "kill -9 worker on a full disk": (arena) => diskFull(arena, killWorkers),
  "rollback": (arena) => act(arena, "rollback"),
  "pin": (arena) => {
    const version = [...arena.checker.good].at(-1) ?? "";
    return act(arena, "pin", { version });
  },
  "unpin": (arena) => act(arena, "unpin"),
  "hold": (arena) => act(arena, "hold", { reason: "soak" }),
  "resume": (arena) => act(arena, "resume"),
  "deploy": (arena) => act(arena, "deploy"),
  "restart": (arena) => act(arena, "restart"),
};

/** Publishes the next version. */
export async function publishGood(arena: Arena): Promise<void> {
  const tag = `v1.0.${++arena.newest}`;
  arena.checker.good.add(tag);
  await arena.bench.publish(tag, { checksum: "right" });
}

/** Asks a dewy that may be dead, or refuse; a refusal is an answer. */
export async function act(
  arena: Arena,
  action: string,
  body: Readonly<Record<string, string>> = {},
): Promise<void> {
  using operator = await OperatorClient.connect(arena.bench.workdir);
  await operator.act(action, body);
}

async function publishBad(
  arena: Arena,
  options: Parameters<ServerBench["publish"]>[1],
): Promise<void> {
  await arena.bench.publish(`v1.0.${++arena.newest}`, options);
}

async function restartDewy(
  arena: Arena,
  signal: "SIGKILL" | "SIGTERM",
): Promise<void> {
  arena.checker.excuse({
    what: `after ${signal} for dewy`,
    limitMs: OUTAGE_MS,
  });
  arena.dewy.kill(signal);
  await arena.dewy.exited;
  await delay(arena.random.next(LONGEST_DEAD_MS));
  arena.dewy = arena.start();
}

async function killWorkers({ bench, checker }: Arena): Promise<void> {
  checker.excuse({
    what: "after SIGKILL for the worker",
    limitMs: OUTAGE_MS,
  });
  for (const { pid } of await bench.workers()) signalIfThere(pid, "SIGKILL");
}

async function registryAway({ bench, random }: Arena): Promise<void> {
  const { path } = bench.registry;
  await Deno.rename(path, `${path}.away`);
  await delay(random.next(LONGEST_AWAY_MS));
  await Deno.rename(`${path}.away`, path);
}

/** Lets something happen while there is no room, and for a while after. */
async function diskFull(arena: Arena, meanwhile: Fault): Promise<void> {
  const { bench, random, smallDisk } = arena;
  if (!smallDisk) return;
  const filler = join(bench.workdir, "filler");
  await fill(filler);
  await meanwhile(arena);
  await delay(random.next(LONGEST_AWAY_MS));
  await Deno.remove(filler);
}

function rest(): Promise<void> {
  return Promise.resolve();
}

/** Writes until there is no room. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  for (const bytes of [new Uint8Array(64 * 1024), new Uint8Array(512)]) {
    try {
      for (;;) await file.write(bytes);
    } catch (error) {
      const isFull = error instanceof Error &&
        error.message.includes("No space left");
      if (!isFull) throw error;
    }
  }
}
