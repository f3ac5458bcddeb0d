import type { CommandSpec } from "./commands.ts";

const EXITS = {
  0: "done, or there was nothing to do",
  1: "the command line is wrong",
  2: "no running dewy was found, or it does not answer",
  3: "this user or token may not do that",
  4: "dewy cannot do that: a conflict, no such version, a registry that is away",
} as const;

/** Those that speak to a running dewy. */
export const OPERATOR_COMMAND_SPECS: readonly CommandSpec[] = [
  {
    name: "status",
    usage: "status [--json]",
    description: "Show what is in service, and whether something is wrong",
    examples: ["dewy status", "dewy status --json | jq -r .current.version"],
    exits: { ...EXITS, 5: "dewy runs, and something is wrong" },
  },
  {
    name: "history",
    usage: "history [--json]",
    description: "List the deploys there were, newest first",
    examples: ["dewy history"],
    exits: EXITS,
  },
  {
    name: "plan",
    usage: "plan [options of the deploying command] [--json]",
    description: "Say what would be deployed now, and why no other version",
    examples: ["dewy plan", "dewy plan --registry ghr://owner/app"],
    exits: EXITS,
  },
  {
    name: "events",
    usage: "events [--json]",
    description: "Show what dewy did last and follow what it does",
    examples: ["dewy events"],
    exits: EXITS,
  },
  {
    name: "deploy",
    usage: "deploy [VERSION] [--wait]",
    description: "Deploy now what is newest, or once the version named",
    examples: ["dewy deploy", "dewy deploy v1.4.2"],
    exits: EXITS,
  },
  {
    name: "rollback",
    usage: "rollback [VERSION] [--wait]",
    description: "Go back to the version before, or to the one named",
    examples: ["dewy rollback", "dewy rollback v1.4.1"],
    exits: EXITS,
  },
  {
    name: "pin",
    usage: "pin VERSION [--wait]",
    description: "Keep to one version until it is unpinned",
    examples: ["dewy pin v1.4.2"],
    exits: EXITS,
  },
  {
    name: "unpin",
    usage: "unpin",
    description: "Deploy newer versions again after a pin",
    examples: [],
    exits: EXITS,
  },
  {
    name: "hold",
    usage: "hold [--reason TEXT]",
    description: "Start no deploys until resume; checking goes on",
    examples: ['dewy hold --reason "sale until Monday"'],
    exits: EXITS,
  },
  {
    name: "resume",
    usage: "resume",
    description: "Start deploys again after a hold",
    examples: [],
    exits: EXITS,
  },
  {
    name: "restart",
    usage: "restart",
    description: "Restart the application in the version it has",
    examples: [],
    exits: EXITS,
  },
  {
    name: "doctor",
    usage: "doctor [server|assets|container] [options of it] [--json]",
    description: "Look whether deploying would work here, changing nothing",
    examples: [
      "dewy doctor server --registry ghr://owner/app --port 8000 -- ./current/app",
      "dewy doctor --registry img://ghcr.io/owner/app --port 8000:8080",
    ],
    exits: {
      0: "all would work; there may be warnings",
      1: "something would fail",
    },
  },
];
