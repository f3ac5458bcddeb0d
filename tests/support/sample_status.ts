import type { DeployRecord, Status } from "../../src/supervisor/operations.ts";
import { SAMPLE_STATUS } from "./memory_operations.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const now = Date.now();
const ago = (ms: number) => now - ms;

const replicas = [0, 1, 2].map((replica) => ({
  name: `web-1700000000-${replica}`,
  version: replica < 2 ? "v1.4.2" : "v1.4.3",
  address: `127.0.0.1:${49_151 + replica}`,
  healthy: replica < 2,
  inFlight: 2 - replica,
  requestsTotal: replica < 2 ? 617_283 + replica : 0,
  since: replica < 2 ? ago(5 * HOUR) : ago(4 * SECOND),
}));

const backends = [
  { address: "127.0.0.1:49151", state: "ready", inFlight: 2 },
  { address: "127.0.0.1:49152", state: "draining", inFlight: 1 },
] as const;

/** A status in which much happens: containers in the middle of a deploy. */
export const BUSY_STATUS: Status = {
  ...SAMPLE_STATUS,
  command: "container",
  startedAt: ago(3 * DAY),
  phase: "deploying",
  program: undefined,
  current: { version: "v1.4.2", since: ago(5 * HOUR), digest: undefined },
  previous: { version: "v1.4.1", since: ago(2 * DAY), digest: undefined },
  deploying: { version: "v1.4.3", since: ago(8 * SECOND), step: "health" },
  decision: {
    at: ago(8 * SECOND),
    kind: "deploy",
    code: "newer",
    version: "v1.4.3",
    reason: "it is newer than v1.4.2",
  },
  registry: {
    url: "img://ghcr.io/acme/web",
    lastAskedAt: ago(9 * SECOND),
    lastAnsweredAt: ago(8 * SECOND),
    failures: 0,
    error: undefined,
    nextPollAt: now + 2 * SECOND,
  },
  waiting: [{
    version: "v1.5.0",
    code: "cooldown",
    until: now + 90 * MINUTE,
    reason: "first seen 30 min ago, the cooldown is 2 h",
  }],
  failed: [
    {
      version: "v1.4.0",
      reason: "/healthz answered 503: connect ECONNREFUSED 10.0.0.4:5432",
      quarantined: false,
      attempts: 3,
      lastAt: ago(DAY),
      retryAt: now + 10 * MINUTE,
    },
    {
      version: "v1.3.9",
      reason: "its digest is not the one that was announced",
      quarantined: true,
      attempts: 1,
      lastAt: ago(3 * DAY),
      retryAt: now,
    },
  ],
  replicas,
  ports: [
    {
      port: 8_000,
      protocol: "http",
      connections: 12,
      connectionsTotal: 34_567,
      requestsTotal: 1_234_567,
      errorsTotal: 2,
      backends,
    },
    {
      port: 5_432,
      protocol: "tcp",
      connections: 3,
      connectionsTotal: 99,
      requestsTotal: undefined,
      errorsTotal: 0,
      backends,
    },
  ],
};

/** How the deploys before it ended. */
export const BUSY_HISTORY: readonly DeployRecord[] = [
  {
    at: ago(5 * HOUR),
    version: "v1.4.2",
    outcome: "deployed",
    reason: "",
    durationMs: 7_421,
    digest: undefined,
  },
  {
    at: ago(DAY),
    version: "v1.4.0",
    outcome: "failed",
    reason: "/healthz answered 503: connect ECONNREFUSED 10.0.0.4:5432",
    durationMs: 30_210,
    digest: undefined,
  },
  {
    at: ago(2 * DAY),
    version: "v1.4.1",
    outcome: "rolled-back",
    reason: "by an operator",
    durationMs: 2_100,
    digest: undefined,
  },
  {
    at: ago(3 * DAY),
    version: "v1.3.8",
    outcome: "interrupted",
    reason: "dewy ended in the middle of it",
    durationMs: 900,
    digest: undefined,
  },
];
