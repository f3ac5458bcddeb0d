import type {
  Decision,
  DeployRecord,
  Plan,
  PortStatus,
  ProgramStatus,
  RegistryStatus,
  ReplicaStatus,
  ServedVersion,
  Status,
} from "../supervisor/operations.ts";

/** RFC 3339 in UTC, or `null`. */
function time(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

/** The status as `GET /api/v1/status` has it: snake_case, RFC 3339, `null` for what there is not. */
export function statusJson(status: Status): Record<string, unknown> {
  const { command, app, host, version, pid, phase, deploying } = status;
  const { pin, hold, decision, program, registry } = status;
  return {
    command,
    app,
    host,
    version,
    pid,
    started_at: time(status.startedAt),
    phase,
    current: servedJson(status.current),
    previous: servedJson(status.previous),
    deploying: deploying === undefined ? null : {
      version: deploying.version,
      since: time(deploying.since),
      step: deploying.step,
    },
    decision: decision === undefined
      ? null
      : { at: time(decision.at), ...decisionJson(decision) },
    registry: registryJson(registry),
    pin: pin === undefined
      ? null
      : { version: pin.version, since: time(pin.since) },
    hold: hold === undefined
      ? null
      : { since: time(hold.since), reason: hold.reason ?? null },
    waiting: status.waiting.map(({ version, code, until, reason }) => ({
      version,
      code,
      until: time(until),
      reason,
    })),
    failed: status.failed.map((failed) => ({
      version: failed.version,
      reason: failed.reason,
      quarantined: failed.quarantined,
      attempts: failed.attempts,
      last_at: time(failed.lastAt),
      retry_at: time(failed.retryAt),
    })),
    program: programJson(program),
    replicas: status.replicas.map(replicaJson),
    ports: status.ports.map(portJson),
  };
}

/** One deploy of the history, as `GET /api/v1/history` has it. */
export function recordJson(record: DeployRecord): Record<string, unknown> {
  const { at, version, outcome, reason, durationMs, digest } = record;
  return {
    at: time(at),
    version,
    outcome,
    reason,
    duration_ms: Math.round(durationMs),
    digest: digest ?? null,
  };
}

/** The plan, as `GET /api/v1/plan` has it. */
export function planJson(
  { action, versions, askedAt }: Plan,
): Record<string, unknown> {
  return {
    action: decisionJson(action),
    versions: versions.map(({ version, verdict, reason }) => ({
      version,
      verdict,
      reason,
    })),
    asked_at: time(askedAt),
  };
}

function servedJson(served: ServedVersion | undefined) {
  if (served === undefined) return null;
  const { version, since, digest } = served;
  return { version, since: time(since), digest: digest ?? null };
}

function decisionJson({ kind, code, version, reason }: Omit<Decision, "at">) {
  return { kind, code, version: version ?? null, reason };
}

function registryJson(registry: RegistryStatus) {
  const { url, failures, error } = registry;
  return {
    url,
    last_asked_at: time(registry.lastAskedAt),
    last_answered_at: time(registry.lastAnsweredAt),
    failures,
    error: error ?? null,
    next_poll_at: time(registry.nextPollAt),
  };
}

function programJson(program: ProgramStatus | undefined) {
  if (program === undefined) return null;
  const { pid, generation, running, restarts, deaths } = program;
  return { pid: pid ?? null, generation, running, restarts, deaths };
}

function replicaJson(replica: ReplicaStatus) {
  const { name, version, address, healthy, since } = replica;
  return {
    name,
    version,
    address,
    healthy,
    in_flight: replica.inFlight,
    requests_total: replica.requestsTotal,
    since: time(since),
  };
}

function portJson(port: PortStatus) {
  return {
    port: port.port,
    protocol: port.protocol,
    connections: port.connections,
    connections_total: port.connectionsTotal,
    requests_total: port.requestsTotal ?? null,
    errors_total: port.errorsTotal,
    backends: port.backends.map(({ address, state, inFlight }) => ({
      address,
      state,
      in_flight: inFlight,
    })),
  };
}
