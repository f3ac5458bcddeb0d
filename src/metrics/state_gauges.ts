import type { Seen } from "./event_counts.ts";
import type { GaugeSource } from "./gauges.ts";
import type { MetricsCommand } from "./instruments.ts";
import type { GAUGES } from "./names.ts";

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
  readonly isHeld: boolean;
  /** The version that is pinned. */
  readonly pinned: string | undefined;
}

/** What the gauges of dewy's own state are read from. */
export interface StateSource {
  readonly command: MetricsCommand;
  readonly seen: () => Seen;
  /** `undefined` before there is a state. */
  readonly state: () => StateReading | undefined;
  /** Whether a worker runs; `undefined` when there is no server. */
  readonly isUp: () => boolean | undefined;
  /** Milliseconds of a clock that is never set. */
  readonly now: () => number;
}

/** Returns what tells the gauges of dewy's own state. */
export function stateGauges(source: StateSource): GaugeSource {
  const { command, now } = source;
  return (tell) => {
    const tellKnown = (
      gauge: keyof typeof GAUGES,
      value: number | boolean | undefined,
    ) => {
      if (value !== undefined) tell(gauge, Number(value));
    };
    const seen = source.seen();
    const state = source.state();
    tell("pollAge", Math.max(0, now() - seen.polledAt) / 1000);
    tellKnown("registryStale", seen.isRegistryStale);
    tellKnown("serverGeneration", seen.generation);
    tellKnown("serverUp", source.isUp());
    if (command === "container") tellKnown("engineUp", seen.isEngineUp);
    tellKnown("failedVersions", state?.failed);
    tellKnown("quarantinedVersions", state?.quarantined);
    tellKnown("held", state?.isHeld);
    if (state?.pinned !== undefined) {
      tell("pinnedInfo", 1, { version: state.pinned });
    }
    if (state?.deployed === undefined) return;
    const { tag: version, at } = state.deployed;
    tell("deployedTimestamp", at / 1000);
    tell("deployedInfo", 1, { version, command });
  };
}
