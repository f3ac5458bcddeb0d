import type { GaugeSource, TellGauge } from "./gauges.ts";

/** One container of the application, whether it runs or not. */
export interface ContainerReading {
  readonly name: string;
  /** By its version, as people know it. */
  readonly image: string;
  readonly version: string;
  /** Its number among the replicas; empty when it has none. */
  readonly replica: string;
  readonly state: string;
  readonly restartCount: number;
  readonly exitCode: number;
  readonly isOomKilled: boolean;
  /** RFC 3339, empty when it never ran. */
  readonly startedAt: string;
}

/** The containers of one application, as they are observed. */
export interface ContainerSource {
  readonly app: string;
  /** How many are to run. */
  readonly desired: number;
  /** Asks the engine; what it throws costs the values of that time only. */
  readonly read: (signal: AbortSignal) => Promise<readonly ContainerReading[]>;
}

/** Answers are used for so long, milliseconds: several readers ask the engine once. */
const FRESH_MS = 5_000;
/** Longest wait for the engine, milliseconds. */
const LIMIT_MS = 2_000;
/** The values of the label `state`. */
const STATES = [
  "created",
  "running",
  "paused",
  "restarting",
  "exited",
  "dead",
] as const;
const ENDED: ReadonlySet<string> = new Set(["exited", "dead"]);

/**
 * Returns what tells the gauges of containers.
 *
 * @param now Milliseconds of a clock that is never set.
 */
export function containerGauges(
  source: ContainerSource,
  now: () => number,
): GaugeSource {
  const read = readSometimes(source, now);
  const { app, desired } = source;
  return async (tell) => {
    tell("desiredReplicas", desired, { app });
    const containers = await read();
    if (containers === undefined) return;
    const running = containers.filter(({ state }) => state === "running");
    tell("replicas", running.length, { app });
    for (const container of containers) tellOne(container, app, tell);
  };
}

function tellOne(
  container: ContainerReading,
  app: string,
  tell: TellGauge,
): void {
  const { name, replica, state, image, version } = container;
  const labels = { app, container: name, replica };
  tell("containerRestarts", container.restartCount, labels);
  for (const possible of STATES) {
    const is = possible === state ? 1 : 0;
    tell("containerStatus", is, { ...labels, state: possible });
  }
  if (ENDED.has(state)) {
    tell("exitCode", container.exitCode, labels);
    tell("oomKilled", container.isOomKilled ? 1 : 0, labels);
  }
  const startedAt = Date.parse(container.startedAt);
  if (!Number.isNaN(startedAt)) {
    tell("containerStarted", startedAt / 1000, labels);
  }
  tell("containerInfo", 1, { ...labels, image, version });
}

/** Returns what asks at most once in a while, and has `undefined` for a failure. */
function readSometimes(
  source: ContainerSource,
  now: () => number,
): () => Promise<readonly ContainerReading[] | undefined> {
  let readAt = -Infinity;
  let reading: Promise<readonly ContainerReading[] | undefined> = Promise
    .resolve(undefined);
  return () => {
    if (now() - readAt < FRESH_MS) return reading;
    readAt = now();
    // The loss of the engine is told by whoever follows its events.
    reading = source.read(AbortSignal.timeout(LIMIT_MS))
      .catch(() => undefined);
    return reading;
  };
}
