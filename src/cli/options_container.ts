import type { CommandName, OptionSpec } from "./options_spec.ts";

const CONTAINER: readonly CommandName[] = ["container"];

/** Options that only `container` uses. */
export const CONTAINER_OPTIONS = [
  {
    name: "name",
    short: "n",
    kind: "string",
    section: "container",
    commands: CONTAINER,
    placeholder: "name",
    description: "Name of the application (default: from the registry URL)",
    check: checkName,
  },
  {
    name: "container-port",
    kind: "int",
    section: "container",
    commands: CONTAINER,
    placeholder: "port",
    description: "Port in the container for every --port that names none",
    min: 1,
    max: 65_535,
  },
  {
    name: "replicas",
    kind: "int",
    section: "container",
    commands: CONTAINER,
    placeholder: "number",
    description: "Containers to run",
    default: "1",
    meansDefault: (value: number) => value <= 0,
  },
  {
    name: "cmd",
    kind: "string",
    section: "container",
    commands: CONTAINER,
    placeholder: "word",
    description: "Word to put after the image, replaces its CMD",
    repeatable: true,
    dashValue: true,
  },
  {
    name: "drain-time",
    kind: "duration",
    section: "container",
    commands: CONTAINER,
    placeholder: "duration",
    description: "Longest wait for open requests of an old container",
    default: "30s",
    min: 0,
  },
  {
    name: "runtime",
    kind: "choice",
    section: "container",
    commands: CONTAINER,
    choices: ["docker", "podman"],
    description: "Container runtime",
    default: "docker",
  },
  {
    name: "on-exit",
    kind: "choice",
    section: "container",
    commands: CONTAINER,
    choices: ["stop", "leave"],
    description: "What becomes of the containers when dewy stops",
    default: "stop",
  },
] as const satisfies readonly OptionSpec[];

function checkName(text: string): string | undefined {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(text)
    ? undefined
    : 'letters, digits, "_", "." and "-" (a notifier is given with --notifier)';
}
