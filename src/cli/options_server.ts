import type { OptionSpec } from "./options_spec.ts";

/** Options about the managed program; `container` shares some of them. */
export const SERVER_OPTIONS = [
  {
    name: "port",
    short: "p",
    kind: "listen",
    section: "server",
    commands: ["server", "container"],
    placeholder: "port",
    description: "Listen on: port, range, address:port or socket path",
    repeatable: true,
  },
  {
    name: "ready",
    kind: "choice",
    section: "server",
    commands: ["server"],
    choices: ["alive", "notify"],
    description: "How a new worker proves that it can take over",
    default: "alive",
  },
  {
    name: "health-path",
    kind: "string",
    section: "server",
    commands: ["server", "container"],
    placeholder: "path",
    description: "HTTP path that a new worker must answer with 2xx or 3xx",
    check: checkPath,
  },
  {
    name: "health-timeout",
    kind: "duration",
    section: "server",
    commands: ["server", "container"],
    placeholder: "duration",
    description:
      "Time a new worker has for its proof, 0 = must be ready at once",
    default: "30s",
    min: 0,
  },
  {
    name: "confirm-time",
    kind: "duration",
    section: "server",
    commands: ["server"],
    placeholder: "duration",
    description: "Time a new worker must stay alive without other proof",
    default: "5s",
    min: 0,
  },
  {
    name: "kill-delay",
    kind: "duration",
    section: "server",
    commands: ["server"],
    placeholder: "duration",
    description: "Time from SIGTERM to SIGKILL for an old worker, 0 = never",
    default: "1m",
    min: 0,
  },
  {
    name: "stop-timeout",
    kind: "duration",
    section: "server",
    commands: ["server"],
    placeholder: "duration",
    description:
      "Time to end when dewy itself is stopped, 0 = no wait, kill at once",
    default: "30s",
    min: 0,
  },
] as const satisfies readonly OptionSpec[];

function checkPath(text: string): string | undefined {
  return /^\/[^\s]*$/.test(text)
    ? undefined
    : 'a path that begins with "/" and holds no blanks';
}
