import type { OptionSpec } from "./options_spec.ts";

/** Options of `dewy init systemd`. */
export const INIT_OPTIONS = [
  {
    name: "unit",
    kind: "string",
    section: "init",
    commands: ["init"],
    placeholder: "name",
    description: "Name of the unit without an ending; dewy when left out",
  },
  {
    name: "run-as",
    kind: "string",
    section: "init",
    commands: ["init"],
    placeholder: "user",
    description: "The user that systemd starts dewy as; root when left out",
  },
  {
    name: "socket",
    kind: "bool",
    section: "init",
    commands: ["init"],
    description: "Print the socket unit that goes with it instead",
  },
] as const satisfies readonly OptionSpec[];
