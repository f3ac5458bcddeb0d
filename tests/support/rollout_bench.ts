import { systemClock } from "../../src/base/time.ts";
import type { Backend, BackendTable } from "../../src/proxy/backend.ts";
import { Fleet, type Front } from "../../src/rollout/fleet.ts";
import type { Instance } from "../../src/rollout/instance.ts";
import { rollOut, type RollOutOptions } from "../../src/rollout/roll_out.ts";
import type { RollOutStep } from "../../src/rollout/roll_out_step.ts";
import { ServerRuntime, type ServerSpec } from "./server_runtime.ts";

/** Port of the proxy that instances stand behind. */
export const PORT = 8_000;

/** Notes down each table and what is drained. */
export class NotingFront implements Front {
  table: readonly Backend[] = [];
  /** Backends that get work, after each swap. */
  readonly ready: number[] = [];
  readonly drained: string[] = [];

  swap(table: BackendTable): Promise<void> {
    this.table = table.get(PORT) ?? [];
    this.ready.push(this.table.filter(({ state }) => state === "ready").length);
    return Promise.resolve();
  }

  drain(id: string): Promise<{ cut: number }> {
    this.drained.push(id);
    return Promise.resolve({ cut: 0 });
  }
}

/** Instances that are servers of this process, behind a front that notes down. */
export class RolloutBench implements AsyncDisposable {
  readonly runtime = new ServerRuntime(PORT);
  readonly front = new NotingFront();
  readonly fleet = new Fleet(this.front);
  readonly steps: RollOutStep[] = [];

  /** Rolls two replicas of `spec` out. */
  roll(
    spec: ServerSpec,
    more: Partial<RollOutOptions<ServerSpec>> = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<readonly Instance[]> {
    return rollOut(spec, {
      runtime: this.runtime,
      fleet: this.fleet,
      health: { path: "/healthz", attemptMs: 1_000 },
      replicas: 2,
      healthTimeoutMs: 2_000,
      drainMs: 1_000,
      clock: systemClock,
      tell: (step) => this.steps.push(step),
      ...more,
    }, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runtime[Symbol.asyncDispose]();
  }
}
