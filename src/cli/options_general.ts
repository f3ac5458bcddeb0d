import { parseDeployWindows } from "../base/deploy_window.ts";
import { parseCalverFormat } from "../base/version.ts";
import type { CommandName, OptionSpec } from "./options_spec.ts";

const ALL: readonly CommandName[] = ["server", "assets", "container"];
const FILES: readonly CommandName[] = ["server", "assets"];

/** Shorter pauses only load the registry; this guards against `1ns` and a busy loop. */
const MIN_INTERVAL_MS = 10;
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** What to deploy and when. */
const SOURCE_OPTIONS = [
  {
    name: "registry",
    kind: "url",
    section: "general",
    commands: ALL,
    placeholder: "url",
    description: "Where releases are looked up (required)",
    invalid: "invalid registry format (expected scheme://host/path)",
  },
  {
    name: "interval",
    short: "i",
    kind: "duration",
    section: "general",
    commands: ALL,
    placeholder: "duration",
    description: "Pause between two polls of the registry",
    default: "10s",
    min: MIN_INTERVAL_MS,
    meansDefault: (value: number) => value < 0,
  },
  {
    name: "poll-backoff-max",
    kind: "duration",
    section: "general",
    commands: ALL,
    placeholder: "duration",
    description: "Longest pause between polls of a failing registry, 0 = off",
    default: "2m",
    min: 0,
  },
  {
    name: "tick-timeout",
    kind: "duration",
    section: "general",
    commands: ALL,
    placeholder: "duration",
    description: "Longest time for one poll and the deploy it leads to",
    default: "30m",
    min: 1,
  },
  {
    name: "once",
    kind: "bool",
    section: "general",
    commands: ALL,
    description: "Poll and deploy once, then leave with the result",
  },
  {
    name: "cache",
    short: "c",
    kind: "url",
    section: "general",
    commands: FILES,
    placeholder: "url",
    description: "Where artifacts are kept (default: .dewy/cache)",
  },
  {
    name: "fetch-host",
    kind: "string",
    section: "general",
    commands: ALL,
    placeholder: "host[:port]",
    description: "Further host that downloads may come from",
    repeatable: true,
  },
  {
    name: "slot",
    short: "s",
    kind: "string",
    section: "general",
    commands: ALL,
    placeholder: "name",
    description: "Deploy only versions with this build metadata",
  },
  {
    name: "calver",
    kind: "string",
    section: "general",
    commands: ALL,
    placeholder: "format",
    description: "Read versions in this CalVer format instead of SemVer",
    check: checkCalver,
  },
  {
    name: "allow-downgrade",
    kind: "bool",
    section: "general",
    commands: ALL,
    description: "Deploy an older version when the registry offers one",
  },
  {
    name: "cooldown",
    kind: "duration",
    section: "general",
    commands: ALL,
    placeholder: "duration",
    description: "Deploy a version only when it was first seen so long ago",
    default: "0s",
    min: 0,
    max: YEAR_MS,
  },
  {
    name: "window",
    kind: "string",
    section: "general",
    commands: ALL,
    placeholder: "times",
    description: 'When deploys may start: "Mon-Fri 09:00-17:00 Asia/Tokyo"',
    repeatable: true,
    check: checkWindow,
  },
] as const satisfies readonly OptionSpec[];

/** What an artifact may be. */
const LIMIT_OPTIONS = [
  {
    name: "require-checksum",
    kind: "bool",
    section: "general",
    commands: FILES,
    description: "Refuse artifacts without a published checksum",
  },
  {
    name: "max-artifact-size",
    kind: "size",
    section: "general",
    commands: FILES,
    placeholder: "size",
    description: "Refuse larger artifacts",
    default: "512MiB",
    min: 1,
  },
  {
    name: "max-expanded-size",
    kind: "size",
    section: "general",
    commands: FILES,
    placeholder: "size",
    description: "Refuse archives that hold more than this",
    default: "4GiB",
    min: 1,
  },
  {
    name: "max-entries",
    kind: "int",
    section: "general",
    commands: FILES,
    placeholder: "number",
    description: "Refuse archives with more files and folders",
    default: "200000",
    min: 1,
  },
  {
    name: "keep-releases",
    kind: "int",
    section: "general",
    commands: FILES,
    placeholder: "number",
    description: "Unpacked releases to keep, at least 2",
    default: "7",
    min: 2,
  },
] as const satisfies readonly OptionSpec[];

/** What runs around a deploy. */
const HOOK_OPTIONS = [
  {
    name: "before-deploy-hook",
    kind: "string",
    section: "general",
    commands: ALL,
    placeholder: "command",
    description: "Shell command to run before a deploy",
  },
  {
    name: "after-deploy-hook",
    kind: "string",
    section: "general",
    commands: ALL,
    placeholder: "command",
    description: "Shell command to run after a deploy",
  },
  {
    name: "hook-timeout",
    kind: "duration",
    section: "general",
    commands: ALL,
    placeholder: "duration",
    description: "Longest time for one hook",
    default: "10m",
    min: 1,
  },
  {
    name: "hook-failure",
    kind: "choice",
    section: "general",
    commands: ALL,
    choices: ["continue", "abort"],
    description: "What a failed before-hook does to the deploy",
    default: "continue",
  },
] as const satisfies readonly OptionSpec[];

/** Options of every command. */
export const GENERAL_OPTIONS = [
  ...SOURCE_OPTIONS,
  ...LIMIT_OPTIONS,
  ...HOOK_OPTIONS,
] as const;

/** @throws {ConfigError} When `text` is no CalVer format. */
function checkCalver(text: string): undefined {
  parseCalverFormat(text);
}

/** @throws {ConfigError} When `text` is no deploy window. */
function checkWindow(text: string): undefined {
  parseDeployWindows(text);
}
