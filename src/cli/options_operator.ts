import {
  OPERATOR_COMMANDS,
  type OperatorCommand,
  type OptionSpec,
} from "./options_spec.ts";

const OPERATOR: readonly OperatorCommand[] = OPERATOR_COMMANDS;

/** Options of the commands that speak to a running dewy. */
export const OPERATOR_OPTIONS = [
  {
    name: "json",
    kind: "bool",
    section: "operator",
    commands: OPERATOR,
    description: "Print JSON: what the admin API answers",
  },
  {
    name: "wait",
    kind: "bool",
    section: "operator",
    commands: ["deploy", "rollback", "pin"],
    description: "Wait for the end of the deploy, and show its steps",
  },
  {
    name: "reason",
    kind: "string",
    section: "operator",
    commands: ["hold"],
    placeholder: "text",
    description: "Why deploys are held, shown to all who ask for the status",
  },
] as const satisfies readonly OptionSpec[];
