import { DewyError, EXIT_CODES } from "../base/errors.ts";
import { createRedactor } from "../base/redact.ts";
import { VERSION_INFO } from "../base/version_info.ts";
import { parseCommand } from "./args.ts";
import { renderHelp } from "./help.ts";
import { OperatorError } from "./operator/operator_error.ts";
import type { OperatorIo } from "./operator/run_operator.ts";
import { renderError } from "./render_error.ts";
import type { Command } from "./settings.ts";
import { UsageError } from "./usage_error.ts";
import { versionLine } from "./version_line.ts";
import { writeAll } from "./write_all.ts";

/** Exit code for what no part of dewy expected. */
const EXIT_DEFECT = 70;

/** Where the program is expected when this is not it, but the runtime that runs its source. */
const INSTALLED_AT = "/usr/local/bin/dewy";

/** Runs the command line to its end and returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const env = Deno.env.toObject();
  try {
    return await run(parseCommand(args, env), env);
  } catch (error) {
    writeStderr(createRedactor(env)(renderError(error)));
    if (error instanceof UsageError) {
      writeStdout(renderHelp(undefined, { color: useColor(env) }));
    }
    return exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof OperatorError) return error.exitCode;
  return error instanceof DewyError ? EXIT_CODES[error.kind] : EXIT_DEFECT;
}

async function run(
  command: Command,
  env: Readonly<Record<string, string>>,
): Promise<number> {
  switch (command.kind) {
    case "help":
      writeStdout(renderHelp(command.topic, { color: useColor(env) }));
      return 0;
    case "completions": {
      const { renderCompletions } = await import("./completions.ts");
      writeStdout(renderCompletions(command.shell));
      return 0;
    }
    case "container-list": {
      const { listContainers } = await import("./container_list.ts");
      writeStdout(await listContainers(command.adminPort));
      return 0;
    }
    case "doctor": {
      const { runDoctor } = await import("./doctor/run_doctor.ts");
      return await runDoctor(command.request, operatorIo(env));
    }
    case "plan": {
      const { runPlan } = await import("./operator/run_plan.ts");
      return await runPlan(command.request, operatorIo(env));
    }
    case "operator": {
      const { runOperator } = await import("./operator/run_operator.ts");
      return await runOperator(command.request, operatorIo(env));
    }
    case "init": {
      const { initSystemd } = await import("./init_systemd.ts");
      writeStdout(initSystemd(command.settings, {
        program: Deno.build.standalone ? Deno.execPath() : INSTALLED_AT,
        workdir: Deno.cwd(),
        parse: (words) => parseCommand(words, {}),
      }));
      return 0;
    }
    case "self-update": {
      const { runSelfUpdate } = await import("./self_update_host.ts");
      await runSelfUpdate(command.request, env, writeStdout);
      return 0;
    }
    case "version":
      await writeVersion(command.logFormat, env);
      return 0;
    case "server":
    case "assets":
    case "container": {
      const { runCommand } = await import("./run_command.ts");
      await runCommand(command.settings, {
        env,
        effective: command.effective,
        write: writeStderr,
      });
      return 0;
    }
    default:
      return command satisfies never;
  }
}

async function writeVersion(
  format: "text" | "json",
  env: Readonly<Record<string, string>>,
): Promise<void> {
  if (format === "text") {
    writeStdout(versionLine());
    return;
  }
  const { version, commit, date } = VERSION_INFO;
  const short = commit.slice(0, 7);
  const { openLogger } = await import("../telemetry/logger.ts");
  const logger = openLogger({
    level: "info",
    format,
    redact: createRedactor(env),
    write: writeStderr,
  });
  logger.log("info", "Dewy version", { version, commit: short, date });
}

function useColor(env: Readonly<Record<string, string>>): boolean {
  return Deno.stdout.isTerminal() && (env["NO_COLOR"] ?? "") === "" &&
    env["TERM"] !== "dumb";
}

function operatorIo(env: Readonly<Record<string, string>>): OperatorIo {
  const isTerminal = Deno.stdout.isTerminal();
  return {
    env,
    screen: {
      columns: isTerminal ? Deno.consoleSize().columns : undefined,
      color: useColor(env),
      now: Date.now(),
    },
    write: writeStdout,
  };
}

/** Returns whether somebody reads on. */
function writeStdout(text: string): boolean {
  return writeAll(Deno.stdout, text);
}

function writeStderr(text: string): void {
  writeAll(Deno.stderr, text);
}
