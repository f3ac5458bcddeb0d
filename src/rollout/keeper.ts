import type { Clock } from "../base/time.ts";
import type { Fleet, Member } from "./fleet.ts";
import { checkHealth, type HealthSettings } from "./health.ts";
import type { Instance, InstanceRuntime } from "./instance.ts";

/** What a {@link Keeper} sees happen. */
export type KeeperStep =
  | {
    readonly kind: "sick";
    readonly instance: Instance;
    readonly reason: string;
    /** It gets work all the same, since no other one is well. */
    readonly isLast: boolean;
  }
  | { readonly kind: "well"; readonly instance: Instance }
  | { readonly kind: "gone"; readonly instance: Instance };

/** What a {@link Keeper} works with. */
export interface KeeperOptions {
  readonly fleet: Fleet;
  readonly runtime: Pick<InstanceRuntime<never>, "isRunning">;
  readonly health: HealthSettings;
  readonly clock: Clock;
  readonly tell: (step: KeeperStep) => void;
  /** Called with an instance that does not run any more; it gets no work by then. */
  readonly onGone: (instance: Instance) => void;
}

/** With the time of one attempt this is less than two seconds, milliseconds. */
const ROUND_MS = 750;

/**
 * Looks after instances between deploys: one that is sick is passed over until
 * it is well, one that is gone is taken out. The last one that gets work is
 * never passed over for being sick: it may serve some clients, nobody serves none.
 */
export class Keeper {
  #options: KeeperOptions;
  #sick = new Set<string>();
  #nudged = new AbortController();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Looks at once, not only when the next round is due. */
  nudge(): void {
    this.#nudged.abort();
  }

  /** Runs until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, fleet } = this.#options;
    while (!signal.aborted) {
      const nudged = new AbortController();
      this.#nudged = nudged;
      const onAbort = () => nudged.abort();
      signal.addEventListener("abort", onAbort, { once: true });
      await Promise.all(
        fleet.members.map((member) => this.#look(member, signal)),
      );
      await clock.delay(ROUND_MS, nudged.signal);
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #look({ instance, state }: Member, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { fleet, runtime, health } = this.#options;
    const reason = await checkHealth(instance, health, signal);
    if (signal.aborted) return;
    if (reason === undefined) return await this.#cure(instance, state);
    try {
      if (!await runtime.isRunning(instance, signal)) {
        return await this.#bury(instance);
      }
    } catch {
      // Who runs it cannot be asked at present: what is known is that it is sick.
    }
    const isKnown = this.#sick.has(instance.id);
    const isLast = state === "ready" && !await fleet.eject(instance.id);
    this.#sick.add(instance.id);
    if (!isKnown) {
      this.#options.tell({ kind: "sick", instance, reason, isLast });
    }
  }

  async #cure(instance: Instance, state: Member["state"]): Promise<void> {
    const { fleet, tell } = this.#options;
    if (state === "ejected") await fleet.restore(instance.id);
    if (this.#sick.delete(instance.id)) tell({ kind: "well", instance });
  }

  async #bury(instance: Instance): Promise<void> {
    const { fleet, tell, onGone } = this.#options;
    this.#sick.delete(instance.id);
    // A deploy may have taken it out meanwhile; then it is gone as it should be.
    const isMember = fleet.members.some((member) =>
      member.instance.id === instance.id
    );
    if (!isMember) return;
    await fleet.remove(instance.id);
    tell({ kind: "gone", instance });
    onGone(instance);
  }
}
