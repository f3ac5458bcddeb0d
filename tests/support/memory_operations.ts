import type {
  ActionResult,
  DeployRecord,
  Operations,
  OperatorAction,
  Plan,
  Status,
} from "../../src/supervisor/operations.ts";

/** A status of a server that runs. */
export const SAMPLE_STATUS: Status = {
  command: "server",
  app: "web",
  host: "web1",
  version: "1.0.0",
  pid: 4711,
  startedAt: Date.UTC(2026, 0, 15, 9),
  phase: "waiting",
  current: {
    version: "v1.2.3",
    since: Date.UTC(2026, 0, 15, 10),
    digest: undefined,
  },
  previous: undefined,
  deploying: undefined,
  decision: undefined,
  registry: {
    url: "ghr://acme/web",
    lastAskedAt: undefined,
    lastAnsweredAt: undefined,
    failures: 0,
    error: undefined,
    nextPollAt: undefined,
  },
  pin: undefined,
  hold: undefined,
  waiting: [],
  failed: [],
  program: { pid: 4712, generation: 1, running: true, restarts: 0, deaths: 0 },
  replicas: [],
  ports: [],
};

/** Operations that remember what they were asked, and say what they are told to. */
export class MemoryOperations implements Operations {
  readonly acted: OperatorAction[] = [];
  value: Status = SAMPLE_STATUS;
  records: readonly DeployRecord[] = [];
  /** What {@link act} throws, if anything. */
  refusal: Error | undefined;

  status(): Promise<Status> {
    return Promise.resolve(this.value);
  }

  history(): readonly DeployRecord[] {
    return this.records;
  }

  /** How often the registry was asked. */
  plans = 0;

  plan(): Promise<Plan> {
    this.plans++;
    const action = {
      kind: "skip",
      code: "up-to-date",
      version: "v1.2.3",
      reason: "up to date",
    } as const;
    return Promise.resolve({ action, versions: [], askedAt: 0 });
  }

  act(action: OperatorAction): Promise<ActionResult> {
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    this.acted.push(action);
    const version = "version" in action ? action.version : undefined;
    const result = action.kind === "hold" ? "done" : "started";
    return Promise.resolve({
      action: action.kind,
      result,
      version,
      message: "so be it",
    });
  }
}
