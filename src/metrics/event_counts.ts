import type { DeployEvent } from "../base/event.ts";
import type { Instruments, MetricsCommand } from "./instruments.ts";

/** What is done with the events of each type that counts. */
type Counts = {
  readonly [T in DeployEvent["type"]]?: (
    event: Extract<DeployEvent, { readonly type: T }>,
  ) => void;
};

/** What events have shown so far, beyond what is counted. */
export interface Seen {
  /** When the registry last answered, by the clock of `now`. */
  readonly polledAt: number;
  readonly isRegistryStale: boolean;
  readonly isEngineUp: boolean;
  /** Of the newest worker that proved itself. */
  readonly generation: number | undefined;
}

/** Reads events and counts them. */
export class EventCounts {
  #counts: Counts;
  #seen: Seen;
  #isDeploying = false;
  /** Whether the deploy under way has got beyond its pull. */
  #hasImage = false;

  constructor(
    instruments: Instruments,
    { command, now }: {
      readonly command: MetricsCommand;
      /** Milliseconds of a clock that is never set. */
      readonly now: () => number;
    },
  ) {
    this.#seen = {
      polledAt: now(),
      isRegistryStale: false,
      isEngineUp: true,
      generation: undefined,
    };
    this.#counts = {
      ...this.#deploys(instruments, command),
      ...this.#polls(instruments, now),
      ...this.#workers(instruments),
      ...this.#containers(instruments),
      ...this.#notifications(instruments),
    };
  }

  /** What events have shown so far. */
  get seen(): Seen {
    return this.#seen;
  }

  count(event: DeployEvent): void {
    // Events of the isolate that fetches are not checked on the way.
    if (!Object.hasOwn(this.#counts, event.type)) return;
    // The table has under each type what reads events of that type.
    const read = this.#counts[event.type] as (event: DeployEvent) => void;
    read(event);
  }

  #see(part: Partial<Seen>): void {
    this.#seen = { ...this.#seen, ...part };
  }

  #deploys(instruments: Instruments, command: MetricsCommand): Counts {
    const { counters, deploymentDuration, hookDuration } = instruments;
    const gotImage = () => {
      this.#hasImage = true;
    };
    return {
      "deploy-started": () => {
        this.#isDeploying = true;
        this.#hasImage = command !== "container";
      },
      "image-pulled": gotImage,
      "container-starting": gotImage,
      "deploy-succeeded": ({ durationMs }) => {
        this.#isDeploying = false;
        counters.deployments.add(1, { command });
        deploymentDuration.record(durationMs / 1000, { command });
      },
      "deploy-failed": () => {
        this.#isDeploying = false;
        if (this.#hasImage) counters.deploymentErrors.add(1, { command });
        else counters.imagePullFailures.add(1);
      },
      "deploy-cancelled": () => {
        this.#isDeploying = false;
      },
      "rollback-started": () => {
        this.#isDeploying = true;
        counters.rollbacks.add(1);
      },
      "hook-finished": (
        { result: { when, exitCode, timedOut, durationMs } },
      ) => {
        gotImage();
        hookDuration.record(durationMs / 1000, { when });
        if (exitCode !== 0 || timedOut) counters.hookFailures.add(1, { when });
      },
    };
  }

  #polls({ counters }: Instruments, now: () => number): Counts {
    return {
      "registry-answered": () => {
        // A roll-back that an operator wants ends without an event.
        this.#isDeploying = false;
        counters.polls.add(1);
        this.#see({ polledAt: now() });
      },
      "registry-failed": () => counters.pollFailures.add(1),
      "registry-outage": ({ phase }) =>
        this.#see({ isRegistryStale: phase !== "over" }),
      "tick-failed": () => counters.tickFailures.add(1),
      "report-failed": () => counters.reportFailures.add(1),
      "shared-cache-failed": ({ operation }) =>
        counters.sharedCacheFailures.add(1, { operation }),
      "registry-cache-failed": ({ step }) =>
        counters.sharedCacheFailures.add(1, { operation: step }),
      "metrics-push-failed": () => counters.otlpFailures.add(1),
    };
  }

  #workers({ counters }: Instruments): Counts {
    return {
      "server-restarting": () =>
        counters.serverRestarts.add(1, {
          reason: this.#isDeploying ? "deploy" : "operator",
        }),
      "restarted-by-signal": () =>
        counters.serverRestarts.add(1, { reason: "signal" }),
      "worker-died": () => counters.serverCrashes.add(1),
      "worker-rejected": () => counters.serverRejections.add(1),
      "worker-launch-failed": () => counters.serverLaunchFailures.add(1),
      "worker-killed": () => counters.serverKills.add(1),
      "worker-ready": ({ generation }) => this.#see({ generation }),
    };
  }

  #containers({ counters }: Instruments): Counts {
    return {
      "container-gone": () => counters.containerCrashes.add(1),
      "container-replaced": () => counters.containerReplacements.add(1),
      "engine-lost": () => this.#see({ isEngineUp: false }),
      "engine-back": () => this.#see({ isEngineUp: true }),
      "proxy-isolate-lost": () => counters.proxyIsolateLosses.add(1),
    };
  }

  #notifications({ counters }: Instruments): Counts {
    const fail = ({ notifier }: { readonly notifier: string }) =>
      counters.notificationFailures.add(1, { notifier });
    return {
      "notifier-unusable": fail,
      "notification-failed": fail,
      "notifications-dropped": ({ notifier, count }) =>
        counters.notificationsDropped.add(count, { notifier }),
    };
  }
}
