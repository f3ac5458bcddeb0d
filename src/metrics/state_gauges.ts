import type { Meter, ObservableGauge } from "@opentelemetry/api";
import type { Seen } from "./event_counts.ts";
import type { Instruments, MetricsCommand } from "./instruments.ts";

/** What dewy remembers, as far as it is measured. */
export interface StateReading {
  /** The version in service. */
  readonly deployed: {
    readonly tag: string;
    /** When it came into service, Unix milliseconds. */
    readonly at: number;
  } | undefined;
  /** Versions whose last deploy failed. */
  readonly failed: number;
  /** Those of them whose bytes are bad. */
  readonly quarantined: number;
}

/** What the gauges of dewy's own state are read from. */
export interface StateSource {
  readonly command: MetricsCommand;
  readonly seen: () => Seen;
  /** `undefined` before there is a state. */
  readonly state: () => StateReading | undefined;
  /** Whether a worker runs; `undefined` when there is no server. */
  readonly isUp: () => boolean | undefined;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Has the gauges of dewy's own state read `source`. */
export function observeState(
  source: StateSource,
  { meter, instruments: { gauges } }: {
    readonly meter: Meter;
    readonly instruments: Instruments;
  },
): void {
  const { command, now } = source;
  meter.addBatchObservableCallback((result) => {
    const seen = source.seen();
    const tell = (
      gauge: ObservableGauge,
      value: number | boolean | undefined,
    ) => {
      if (value !== undefined) result.observe(gauge, Number(value));
    };
    tell(gauges.pollAge, Math.max(0, now() - seen.polledAt) / 1000);
    tell(gauges.registryStale, seen.isRegistryStale);
    tell(gauges.serverGeneration, seen.generation);
    tell(gauges.serverUp, source.isUp());
    if (command === "container") tell(gauges.engineUp, seen.isEngineUp);
    const state = source.state();
    tell(gauges.failedVersions, state?.failed);
    tell(gauges.quarantinedVersions, state?.quarantined);
    if (state?.deployed === undefined) return;
    const { tag: version, at } = state.deployed;
    tell(gauges.deployedTimestamp, at / 1000);
    result.observe(gauges.deployedInfo, 1, { version, command });
  }, [
    gauges.pollAge,
    gauges.registryStale,
    gauges.serverGeneration,
    gauges.serverUp,
    gauges.engineUp,
    gauges.failedVersions,
    gauges.quarantinedVersions,
    gauges.deployedTimestamp,
    gauges.deployedInfo,
  ]);
}
