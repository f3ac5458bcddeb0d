import {
  type CommandName,
  OPERATOR_COMMANDS,
  type OptionSpec,
} from "./options_spec.ts";

const ALL: readonly CommandName[] = ["server", "assets", "container"];
/** Those that serve the admin API, and those that speak to it. */
const BOTH_SIDES: readonly CommandName[] = [...ALL, ...OPERATOR_COMMANDS];

/** Options that say what dewy tells people and machines. */
export const REPORT_OPTIONS = [
  {
    name: "notifier",
    kind: "url",
    section: "general",
    commands: ALL,
    placeholder: "url",
    description: "Who is told about deploys and failures: slack, mail, webhook",
    repeatable: true,
  },
  {
    name: "log-level",
    short: "l",
    kind: "choice",
    section: "general",
    commands: ALL,
    choices: ["debug", "info", "warn", "error"],
    description: "Least severity that is logged",
    default: "error",
  },
  {
    name: "log-format",
    short: "f",
    kind: "choice",
    section: "general",
    commands: ALL,
    choices: ["text", "json"],
    description: "How log records are written",
    default: "text",
  },
  {
    name: "admin-port",
    kind: "int",
    section: "general",
    commands: BOTH_SIDES,
    placeholder: "port",
    description: "First port to try for the admin API",
    default: "17539",
    min: 1,
    max: 65_535,
    meansDefault: (value: number) => value === 0,
  },
  {
    name: "admin-socket",
    kind: "string",
    section: "general",
    commands: BOTH_SIDES,
    placeholder: "path",
    description: "Socket of the admin API (default: .dewy/admin.sock)",
  },
  {
    name: "admin-token-file",
    kind: "string",
    section: "general",
    commands: BOTH_SIDES,
    placeholder: "path",
    description: "File with the token for actions over --admin-port",
  },
  {
    name: "telemetry",
    kind: "bool",
    section: "general",
    commands: ALL,
    description: "Serve /metrics on the admin port",
  },
  {
    name: "otlp-endpoint",
    kind: "string",
    section: "general",
    commands: ALL,
    placeholder: "host:port|url",
    description: "Push metrics there: OTLP over gRPC, or over HTTP to a URL",
    check: checkEndpoint,
  },
  {
    name: "otlp-insecure",
    kind: "bool",
    section: "general",
    commands: ALL,
    description: "Push metrics over gRPC without TLS",
  },
  {
    name: "help",
    short: "h",
    kind: "bool",
    section: "general",
    commands: ALL,
    description: "Print help, with a command the help of that command",
    env: false,
  },
  {
    name: "version",
    short: "v",
    kind: "bool",
    section: "general",
    commands: ALL,
    description: "Print the version",
    env: false,
  },
] as const satisfies readonly OptionSpec[];

function checkEndpoint(text: string): string | undefined {
  const url = URL.parse(text);
  if (/^https?:\/\//i.test(text) && url !== null) return undefined;
  const [, port] = /^(?:[^\s:/[\]]+|\[[0-9a-f:.]+\]):(\d{1,5})$/i.exec(text) ??
    [];
  const number = Number(port ?? 0);
  return number >= 1 && number <= 65_535
    ? undefined
    : '"host:port" or "https://host:port"';
}
