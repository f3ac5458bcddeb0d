import type { Attributes, Counter, Histogram, Meter } from "@opentelemetry/api";
import { COUNTERS, type Naming } from "./names.ts";

/** The mode of dewy; the value of the label `command`. */
export type MetricsCommand = "server" | "assets" | "container";

/** Upper bounds of the durations of deploys, seconds; the original's. */
const DEPLOYMENT_BOUNDS = [1, 5, 10, 30, 60, 120, 300, 600];
/** The same of hooks, which are shorter. */
const HOOK_BOUNDS = [0.1, 0.5, 1, 5, 10, 30, 60, 300];

/** What dewy counts with. */
export interface Instruments {
  readonly counters: Readonly<Record<keyof typeof COUNTERS, Counter>>;
  readonly deploymentDuration: Histogram;
  readonly hookDuration: Histogram;
}

/** Makes all instruments; what is never fed is never told. */
export function createInstruments(meter: Meter): Instruments {
  return {
    counters: makeEach(
      COUNTERS,
      ([name, unit, description]) =>
        meter.createCounter(name, { unit, description }),
    ),
    deploymentDuration: meter.createHistogram("dewy.deployment.duration", {
      unit: "s",
      description: "How long deployments took that succeeded",
      advice: { explicitBucketBoundaries: DEPLOYMENT_BOUNDS },
    }),
    hookDuration: meter.createHistogram("dewy.hook.duration", {
      unit: "s",
      description: "How long hooks ran",
      advice: { explicitBucketBoundaries: HOOK_BOUNDS },
    }),
  };
}

function makeEach<K extends string, T>(
  namings: Readonly<Record<K, Naming>>,
  make: (naming: Naming) => T,
): Readonly<Record<K, T>> {
  const names = Object.keys(namings) as K[];
  return Object.fromEntries(
    names.map((name) => [name, make(namings[name])]),
  ) as Record<K, T>;
}

/** A counter and the labels it begins with, so that its first increase is seen as one. */
type Zero = readonly [counter: keyof typeof COUNTERS, labels?: Attributes];

/** Counts 0 for everything that can happen in this mode. */
export function beginAtZero(
  { counters }: Instruments,
  command: MetricsCommand,
): void {
  const zeros = [...COMMON_ZEROS, ...ZEROS[command]];
  for (const [counter, labels] of zeros) counters[counter].add(0, labels);
  counters.deployments.add(0, { command });
  counters.deploymentErrors.add(0, { command });
}

const COMMON_ZEROS: readonly Zero[] = [
  ["polls"],
  ["pollFailures"],
  ["tickFailures"],
  ["reportFailures"],
  ["hookFailures", { when: "before" }],
  ["hookFailures", { when: "after" }],
];

const ZEROS: Readonly<Record<MetricsCommand, readonly Zero[]>> = {
  server: [
    ["serverRestarts", { reason: "deploy" }],
    ["serverRestarts", { reason: "signal" }],
    ["serverRestarts", { reason: "operator" }],
    ["serverCrashes"],
    ["serverRejections"],
    ["serverLaunchFailures"],
    ["serverKills"],
    ["rollbacks"],
  ],
  assets: [],
  container: [
    ["healthChecks"],
    ["healthCheckFailures"],
    ["imagePullFailures"],
    ["containerCrashes"],
    ["containerReplacements"],
    ["proxyIsolateLosses"],
  ],
};
