import { OPERATOR_COMMAND_SPECS } from "./commands_operator.ts";

/** One command, as the help and the completions show it. */
export interface CommandSpec {
  readonly name: string;
  /** What follows `dewy`. */
  readonly usage: string;
  readonly description: string;
  readonly examples: readonly string[];
  /** What its exit codes mean, where they are for scripts. */
  readonly exits?: Readonly<Record<number, string>>;
}

/** Shells that completions are written for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "server",
    usage: "server [options] -- PROGRAM [ARGUMENT...]",
    description: "Deploy a program, keep it running and replace it",
    examples: [
      "dewy server --registry ghr://owner/app --port 8000 -- ./current/app",
    ],
  },
  {
    name: "assets",
    usage: "assets [options]",
    description: "Deploy files only",
    examples: [
      "dewy assets --registry ghr://owner/site --interval 1m",
      "dewy assets --registry file:///srv/releases/site --once",
    ],
  },
  {
    name: "container",
    usage: "container [options] [-- DOCKER_RUN_OPTION...]",
    description: "Deploy containers behind a reverse proxy of its own",
    examples: [
      "dewy container --registry img://ghcr.io/owner/app --port 8000:8080 --health-path /healthz",
      "dewy container --registry img://registry.example.com/db --port 5432/tcp -- --env-file db.env",
    ],
  },
  ...OPERATOR_COMMAND_SPECS,
  {
    name: "init",
    usage: "init systemd [options] -- COMMAND_LINE",
    description: "Print a systemd unit for a command line of dewy",
    examples: [
      "dewy init systemd --unit app --run-as deploy -- server --registry ghr://owner/app --port 8000 -- ./current/app",
      "dewy init systemd --unit app --socket -- server --registry ghr://owner/app --port 8000 -- ./current/app",
    ],
  },
  {
    name: "self-update",
    usage: "self-update [--check] [--version VERSION] [--force]",
    description: "Replace this program by another release of dewy",
    examples: [
      "dewy self-update --check",
      "dewy self-update --version 1.2.3",
    ],
  },
  {
    name: "completions",
    usage: "completions SHELL",
    description: `Print completions for a shell: ${SHELLS.join(", ")}`,
    examples: ["source <(dewy completions bash)"],
  },
  {
    name: "help",
    usage: "help [COMMAND]",
    description: "Print help, with a command the help of that command",
    examples: ["dewy help server"],
  },
];
