/**
 * Runs a real `dewy server` for long, with a new version every two seconds, and
 * with `--faults` a fault every second or so: dewy and its worker killed, the
 * registry away, bad archives, a full disk (as root), operators' commands.
 * Prints what it has over the time (memory, descriptors, threads, processes,
 * files), where requests failed, and what must not be: answers of versions that
 * were never good, requests lost without a cause, and what is left over at the
 * end. The exit code is 1 when there is any.
 *
 *     deno run -A scripts/bench/soak.ts [--minutes=10] [--seed=N] [--faults]
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { delay } from "../../tests/support/delay.ts";
import { freePort } from "../../tests/support/free_port.ts";
import { assertInOrder } from "../../tests/support/in_order.ts";
import { mount } from "../../tests/support/mount.ts";
import { isAlive, processesOf } from "../../tests/support/process_table.ts";
import { Random } from "../../tests/support/random.ts";
import { ServerBench } from "../../tests/support/server_bench.ts";
import { WebhookServer } from "../../tests/support/webhook_server.ts";
import { print } from "../print.ts";
import { SoakChecker } from "./soak_checker.ts";
import { Company } from "./soak_company.ts";
import { act, type Arena, FAULTS, publishGood } from "./soak_faults.ts";
import { describeTrend, type Figures, readFigures } from "./soak_figures.ts";

const SAMPLE_MS = 2_000;
const DEPLOY_MS = 2_000;
const FAULT_MS = 1_500;
/** After the last fault the newest version must be in service by then, milliseconds. */
const CALM_MS = 60_000;
/** The worker and the notifiers have some seconds each to end. */
const STOP_MS = 20_000;
/** Of the log of a dewy, characters from its end. */
const MAX_TRANSCRIPT = 4_000;
const COLUMNS = 10;
/** Versions that stay published. */
const PUBLISHED = 30;

const options = parseArgs(Deno.args, {
  string: ["minutes", "seed"],
  boolean: ["faults"],
  default: { minutes: "10" },
});
const random = options.seed === undefined
  ? Random.fromEnv()
  : new Random(Number(options.seed));
const faults = options.faults === true;
const untilMs = Date.now() + Number(options.minutes) * 60_000;

/** Sets everything up; the first version is in service then. */
async function openArena(
  stack: AsyncDisposableStack,
  adminPort: number,
): Promise<Arena> {
  const bench = stack.use(await ServerBench.create());
  const smallDisk = faults && Deno.uid() === 0;
  if (smallDisk) {
    stack.use(
      await mount(["-t", "tmpfs", "-o", "size=4m", "tmpfs"], bench.workdir),
    );
  }
  const hook = stack.use(new WebhookServer());
  const args = [
    ...["--telemetry", "--admin-port", String(adminPort)],
    ...["--poll-backoff-max", "5s", "--confirm-time", "300ms"],
    ...["--notifier", `webhook://127.0.0.1:${hook.port}/works`],
    ...["--notifier", `webhook://127.0.0.1:${freePort()}/refuses`],
  ];
  await bench.publish("v1.0.0");
  const start = () => bench.start({ args });
  const dewy = start();
  await bench.serves("v1.0.0");
  const checker = stack.use(SoakChecker.start(() => bench.version()));
  checker.good.add("v1.0.0");
  return { bench, checker, random, smallDisk, start, dewy, newest: 0 };
}

async function sample(arena: Arena, samples: Figures[]): Promise<void> {
  const { dewy, bench } = arena;
  const figures = await readFigures(dewy.pid, bench.workdir);
  if (figures !== undefined) samples.push(figures);
}

async function sampleUntilOver(
  arena: Arena,
  samples: Figures[],
): Promise<void> {
  while (Date.now() < untilMs) {
    await sample(arena, samples);
    await delay(SAMPLE_MS);
  }
}

/** Publishes without a pause, and takes old versions back. */
async function deployUntilOver(arena: Arena): Promise<void> {
  while (Date.now() < untilMs) {
    await publishGood(arena);
    const old = arena.newest - PUBLISHED;
    if (old >= 0) await arena.bench.registry.withdraw(`v1.0.${old}`);
    await delay(DEPLOY_MS);
  }
}

/** Does one fault after the other, chosen by the seed. */
async function faultsUntilOver(arena: Arena): Promise<void> {
  const names = Object.keys(FAULTS);
  while (Date.now() < untilMs) {
    const name = names[Math.floor(random.next(names.length))] ?? "";
    print(`${new Date().toISOString()} ${name}\n`);
    try {
      await FAULTS[name]?.(arena);
    } catch (error) {
      const said = arena.dewy.transcript().slice(-MAX_TRANSCRIPT);
      arena.checker.violations.push(`${name}: ${error}\n${said}`);
    }
    await startAgain(arena);
    await delay(random.next(FAULT_MS));
  }
}

/** Starts a dewy that has ended by itself, as a service manager would; it must not. */
async function startAgain(arena: Arena): Promise<void> {
  const { dewy, checker } = arena;
  if (await isAlive(dewy.pid)) return;
  const said = dewy.output().slice(-3).join("; ");
  const when = new Date().toISOString();
  checker.violations.push(`${when} dewy ended by itself: ${said}`);
  checker.excuse({ what: "after dewy ended by itself", limitMs: Infinity });
  arena.dewy = arena.start();
}

/** Ends what operators ordered, and waits for the newest version with nothing left over. */
async function settle(arena: Arena): Promise<void> {
  const { checker, bench } = arena;
  const startedAt = Date.now();
  for (const action of ["unpin", "resume"]) await act(arena, action);
  await publishGood(arena);
  const newest = `v1.0.${arena.newest}`;
  try {
    await assertInOrder(bench, newest, CALM_MS);
  } catch (error) {
    checker.violations.push(`${error}\n${arena.dewy.transcript()}`);
  }
  print(`${newest} is in service after ${Date.now() - startedAt} ms\n`);
}

/** Stops dewy, and looks for what it leaves behind. */
async function stop(arena: Arena): Promise<void> {
  const { checker, bench, dewy } = arena;
  checker.excuse({ what: "at the end", limitMs: Infinity });
  dewy.kill("SIGTERM");
  const code = await dewy.exitCode(STOP_MS);
  if (code !== 0) checker.violations.push(`dewy left with code ${code}`);
  for (const { pid, command } of await processesOf(bench.workdir)) {
    checker.violations.push(`left behind: ${pid} ${command.join(" ")}`);
  }
}

function report(arena: Arena, company: Company, samples: Figures[]): void {
  const { checker } = arena;
  const outages = checker.outages.toSorted((a, b) => b.ms - a.ms);
  const lines = [
    "",
    ...describeTrend(samples, COLUMNS),
    "",
    ...company.describe(),
    "",
    `${checker.requests} requests, ${outages.length} outages, the longest:`,
    ...outages.slice(0, 5).map(({ startedAt, ms, because, failure }) =>
      `  ${startedAt.toISOString()} ${ms} ms ${because}: ${failure}`
    ),
    "",
    `${checker.violations.length} violations`,
    ...checker.violations,
  ];
  print(`${lines.join("\n")}\n`);
}

async function soak(): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const adminPort = freePort();
  print(`seed ${random.seed}, ${options.minutes} minutes\n`);
  const arena = await openArena(stack, adminPort);
  const { workdir, port } = arena.bench;
  const application = { port };
  const company = stack.use(
    Company.start({
      workdir,
      application,
      adminPort,
      // A row of its own, so that the seed gives the same faults again.
      random: new Random(random.seed + 1),
    }),
  );
  const samples: Figures[] = [];
  const run = faults ? faultsUntilOver : deployUntilOver;
  await Promise.all([run(arena), sampleUntilOver(arena, samples)]);
  await settle(arena);
  await company[Symbol.asyncDispose]();
  await stop(arena);
  report(arena, company, samples);
  return arena.checker.violations.length === 0 ? 0 : 1;
}

Deno.exitCode = await soak();
