import { createRedactor } from "../../base/redact.ts";
import type { OperatorIo } from "../operator/run_operator.ts";
import { paint, type Screen } from "../operator/table.ts";
import { printable, printableJson } from "../operator/terminal_text.ts";
import { unknownVariables } from "../unknown_variables.ts";
import { checkClock } from "./check_clock.ts";
import { checkCache, checkWorkdir } from "./check_folders.ts";
import { checkDisk, checkOpenFiles } from "./check_host.ts";
import { checkNotifiers } from "./check_notifiers.ts";
import { checkPorts } from "./check_ports.ts";
import {
  checkCertificate,
  checkEngine,
  checkProgram,
} from "./check_program.ts";
import { checkRegistry } from "./check_registry.ts";
import { checkSecrets } from "./check_secrets.ts";
import {
  type Check,
  type DoctorContext,
  failure,
  type Finding,
  ok,
  warn,
} from "./finding.ts";
import type { DoctorRequest } from "./request.ts";
import { findRunningDewy, type RunningDewy } from "./running_dewy.ts";

/** By its name a secret, and in truth the path of a file. */
const KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS";

/** Every check, in the order in which they are told. */
const CHECKS: readonly Check[] = [
  { name: "working directory", run: checkWorkdir },
  { name: "disk", run: checkDisk },
  { name: "open files", run: checkOpenFiles },
  { name: "cache", run: checkCache },
  { name: "registry", run: checkRegistry },
  { name: "clock", run: checkClock },
  { name: "secrets", run: checkSecrets },
  { name: "ports", run: checkPorts },
  { name: "program", run: checkProgram },
  { name: "engine", run: checkEngine },
  { name: "certificate", run: checkCertificate },
  { name: "notifier", run: checkNotifiers },
];

/**
 * Looks whether the deploying command would work here with the options given,
 * and prints a line for each thing it looks at. It changes nothing, and works
 * while dewy runs. Returns 1 when something would fail, else 0.
 */
export async function runDoctor(
  request: DoctorRequest,
  io: OperatorIo,
): Promise<number> {
  const { env, screen, write } = io;
  const { [KEY_FILE]: _path, ...others } = env;
  const redact = createRedactor(others);
  const findings: Finding[] = [];
  for await (const found of lookAtAll(request, env)) {
    const finding = clean(found, redact);
    findings.push(finding);
    if (!request.json) write(line(finding, screen));
  }
  const failed = findings.filter(({ level }) => level === "fail").length;
  const warned = findings.filter(({ level }) => level === "warn").length;
  write(
    request.json
      ? printableJson({ ok: failed === 0, mode: request.mode, findings })
      : `\n${findings.length} looked at: ${failed} failed, ${warned} with a warning\n`,
  );
  return failed === 0 ? 0 : 1;
}

async function* lookAtAll(
  { mode, settings, problem, place }: DoctorRequest,
  env: OperatorIo["env"],
): AsyncGenerator<Finding> {
  yield problem === undefined
    ? ok("settings", `dewy ${mode} would start with them`)
    : failure("settings", problem);
  for (const { name, nearest } of unknownVariables(env)) {
    const remedy = nearest === undefined
      ? undefined
      : `Did you mean ${nearest}?`;
    yield warn("settings", `the variable ${name} has no effect`, remedy);
  }
  const root = Deno.cwd();
  const running = await findRunningDewy(root, place, env);
  yield runningFinding(running);
  if (settings === undefined) return;
  const { tokenFile } = place;
  const context: DoctorContext = { settings, root, env, tokenFile, running };
  for (const check of CHECKS) yield* await look(check, context);
}

async function look(
  { name, run }: Check,
  context: DoctorContext,
): Promise<readonly Finding[]> {
  try {
    return await run(context);
  } catch (error) {
    return [failure(name, error)];
  }
}

function runningFinding(running: RunningDewy | undefined): Finding {
  return ok(
    "dewy",
    running === undefined
      ? "none runs in this directory"
      : `it runs in this directory (${running.shown})`,
  );
}

function clean(
  { name, level, message, remedy }: Finding,
  redact: (text: string) => string,
): Finding {
  const shown = (text: string) => printable(redact(text));
  return {
    name: shown(name),
    level,
    message: shown(message),
    ...(remedy === undefined ? {} : { remedy: shown(remedy) }),
  };
}

const TONES = { ok: "good", warn: "warn", fail: "bad" } as const;
const NAME_WIDTH = 18;

function line(
  { name, level, message, remedy }: Finding,
  screen: Screen,
): string {
  const word = paint({ text: level.padEnd(4), tone: TONES[level] }, screen);
  const first = `${word}  ${name.padEnd(NAME_WIDTH)} ${message}\n`;
  return remedy === undefined
    ? first
    : `${first}${" ".repeat(NAME_WIDTH + 7)}-> ${remedy}\n`;
}
