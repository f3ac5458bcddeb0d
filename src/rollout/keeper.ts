import { type Clock, withDeadline } from "../base/time.ts";
import type { Fleet, Member } from "./fleet.ts";
import { checkHealth, type HealthSettings } from "./health.ts";
import {
  type Condition,
  type Instance,
  type InstanceRuntime,
  isSamePlace,
} from "./instance.ts";

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
  | {
    readonly kind: "gone";
    readonly instance: Instance;
    readonly reason: string;
  };

/** What a {@link Keeper} works with. */
export interface KeeperOptions {
  readonly fleet: Fleet;
  readonly runtime: Pick<InstanceRuntime<never>, "look">;
  readonly health: HealthSettings;
  readonly clock: Clock;
  readonly tell: (step: KeeperStep) => void;
  /** Called with an instance that does not run any more; it gets no work by then. */
  readonly onGone: (instance: Instance) => void;
}

/** With the time of one attempt this is less than two seconds, milliseconds. */
const ROUND_MS = 750;
/** Who runs the instances may hang; what is known without it must not wait, milliseconds. */
const LOOK_MS = 1_000;

/**
 * Looks after instances between deploys: one that is sick is passed over until
 * it is well, one that is gone is taken out, one that was started again is
 * followed to its new ports. The last one that gets work is never passed over
 * for being sick: it may serve some clients, nobody serves none.
 */
export class Keeper {
  #options: KeeperOptions;
  /** Those that are sick, and whether that was told. */
  #sick = new Map<string, "seen" | "told">();
  /** Those that do not run, and may again: a port of theirs may take connections all the same. */
  #suspended = new Set<string>();
  /** Those whose condition is asked for. */
  #asked = new Map<string, Promise<void>>();
  #nudged = new AbortController();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Looks at once, and at what has become of each, not only at how it answers. */
  nudge(): void {
    this.#nudged.abort();
  }

  /** Runs until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, fleet } = this.#options;
    for (let isThorough = false; !signal.aborted;) {
      const nudged = new AbortController();
      this.#nudged = nudged;
      const onAbort = () => nudged.abort();
      signal.addEventListener("abort", onAbort, { once: true });
      await Promise.all(
        fleet.members.map((member) =>
          this.#check(member, { isThorough, signal })
        ),
      );
      await clock.delay(ROUND_MS, nudged.signal);
      isThorough = nudged.signal.aborted;
      signal.removeEventListener("abort", onAbort);
    }
    await Promise.all(this.#asked.values());
  }

  async #check(
    member: Member,
    { isThorough, signal }: {
      readonly isThorough: boolean;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    if (signal.aborted) return;
    const { instance } = member;
    const { id } = instance;
    const { health } = this.#options;
    const { sickness: reason } = await checkHealth(instance, health, signal);
    if (signal.aborted) return;
    if (reason === undefined) {
      const condition = isThorough || this.#suspended.has(id)
        ? await this.#look(instance, signal)
        : undefined;
      if (signal.aborted) return;
      if (isHere(condition, instance)) return await this.#cure(member);
      await this.#passOver(member);
      return await this.#judge(instance, condition, "");
    }
    // First of all: to find out why may take long.
    await this.#passOver(member);
    if (this.#asked.has(id)) return;
    const asking = this.#ask(instance, reason, signal)
      .finally(() => this.#asked.delete(id));
    this.#asked.set(id, asking);
  }

  async #passOver({ instance: { id }, state }: Member): Promise<void> {
    if (state === "ready") await this.#options.fleet.eject(id);
    if (!this.#sick.has(id)) this.#sick.set(id, "seen");
  }

  async #cure({ instance, state }: Member): Promise<void> {
    const { fleet, tell } = this.#options;
    this.#suspended.delete(instance.id);
    if (state === "ejected") await fleet.restore(instance.id);
    const wasTold = this.#sick.get(instance.id) === "told";
    this.#sick.delete(instance.id);
    if (wasTold) tell({ kind: "well", instance });
  }

  /** Finds out what has become of an instance that is sick. */
  async #ask(
    instance: Instance,
    reason: string,
    signal: AbortSignal,
  ): Promise<void> {
    const condition = await this.#look(instance, signal);
    if (!signal.aborted) await this.#judge(instance, condition, reason);
  }

  async #judge(
    instance: Instance,
    condition: Condition | undefined,
    reason: string,
  ): Promise<void> {
    switch (condition?.kind) {
      case "gone":
        return await this.#bury(instance, condition.reason);
      case "suspended":
        this.#suspended.add(instance.id);
        return this.#tellSick(instance, condition.reason);
      case "running": {
        if (isHere(condition, instance)) break;
        const { addresses } = condition;
        await this.#options.fleet.move({ ...instance, addresses });
        return this.nudge();
      }
    }
    this.#tellSick(instance, reason);
  }

  /** Returns `undefined` when that cannot be found out at present. */
  async #look(
    instance: Instance,
    signal: AbortSignal,
  ): Promise<Condition | undefined> {
    const { runtime } = this.#options;
    const onTimeout = () => new DOMException("No answer", "TimeoutError");
    try {
      return await withDeadline(
        { signal, ms: LOOK_MS, onTimeout, abandon: true },
        (signal) => runtime.look(instance, signal),
      );
    } catch {
      // Who runs it cannot be asked: what is known is that it is sick.
      return undefined;
    }
  }

  #tellSick(instance: Instance, reason: string): void {
    const { fleet, tell } = this.#options;
    const { id } = instance;
    const member = fleet.members.find(({ instance }) => instance.id === id);
    // It may have got well, or have been taken out, meanwhile.
    if (member === undefined || this.#sick.get(id) !== "seen") return;
    this.#sick.set(id, "told");
    tell({ kind: "sick", instance, reason, isLast: member.state === "ready" });
  }

  async #bury(instance: Instance, reason: string): Promise<void> {
    const { fleet, tell, onGone } = this.#options;
    this.#sick.delete(instance.id);
    this.#suspended.delete(instance.id);
    // A deploy may have taken it out meanwhile; then it is gone as it should be.
    const isMember = fleet.members.some((member) =>
      member.instance.id === instance.id
    );
    if (!isMember) return;
    await fleet.remove(instance.id);
    tell({ kind: "gone", instance, reason });
    onGone(instance);
  }
}

/** Whether an instance is where it was, as far as is known. */
function isHere(
  condition: Condition | undefined,
  { addresses }: Instance,
): boolean {
  return condition === undefined ||
    (condition.kind === "running" &&
      isSamePlace(condition.addresses, addresses));
}
