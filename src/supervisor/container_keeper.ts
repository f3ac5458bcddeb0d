import type { EmitEvent } from "../base/event.ts";
import { backoffMs, type Clock } from "../base/time.ts";
import type { Containers, ImageRelease } from "../container/containers.ts";
import type { Adopted } from "../container/own_containers.ts";
import type { Fleet } from "../rollout/fleet.ts";
import type { Instance } from "../rollout/instance.ts";
import { Keeper, type KeeperStep } from "../rollout/keeper.ts";
import { replenish, type RollOutOptions } from "../rollout/roll_out.ts";
import { asError } from "./try_or_tell.ts";

/** What a {@link ContainerKeeper} works with. */
export interface ContainerKeeperDeps {
  readonly containers: Containers;
  readonly fleet: Fleet;
  readonly rollOut: RollOutOptions<ImageRelease>;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  /** Tells each time that something may have happened to a container, until `signal` is aborted. */
  readonly watch: (onEvent: () => void, signal: AbortSignal) => Promise<void>;
}

/** What a container that runs was made of. */
type Made = Pick<Adopted, "settingsHash" | "digest">;

const BACKOFF = { baseMs: 1_000, maxMs: 60_000 };
/** Deaths in a row that are told as a crash loop. */
const CRASH_LOOP = 3;
/** A container that lives this long has come up, milliseconds. */
const SETTLED_MS = 60_000;

/** Keeps as many containers of the release in service as there should be. */
export class ContainerKeeper implements AsyncDisposable {
  #deps: ContainerKeeperDeps;
  #keeper: Keeper;
  #made = new Map<string, Made>();
  #release: ImageRelease | undefined;
  #deaths = 0;
  #lastDeathAt = 0;
  #over = new AbortController();
  #tasks: Promise<void>[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #restoring: Promise<void> | undefined;

  constructor(deps: ContainerKeeperDeps) {
    this.#deps = deps;
    const { rollOut: { health }, containers, fleet, clock } = deps;
    this.#keeper = new Keeper({
      fleet,
      runtime: containers,
      health,
      clock,
      tell: this.#tell,
      onGone: this.#bury,
    });
  }

  /** What the containers in service were made of. */
  get running(): readonly Made[] {
    return this.#deps.fleet.members.map(({ instance }) =>
      this.#made.get(instance.id) ?? { settingsHash: "", digest: "" }
    );
  }

  /** Identifiers of the containers in service. */
  get ids(): ReadonlySet<string> {
    const { members } = this.#deps.fleet;
    return new Set(members.map(({ instance }) => instance.id));
  }

  /** Looks after what is in service from now on. */
  begin(): void {
    const { signal } = this.#over;
    this.#tasks = [
      this.#keeper.run(signal),
      this.#deps.watch(() => this.#keeper.nudge(), signal),
    ];
  }

  /** Has `release` in service from now on. */
  follow(release: ImageRelease, instances: readonly Instance[]): void {
    const { settingsHash } = this.#deps.containers;
    const digest = release.image.digest ?? "";
    this.#release = release;
    this.#deaths = 0;
    this.#made = new Map(
      instances.map(({ id }) => [id, { settingsHash, digest }]),
    );
  }

  /** Has containers that run already in service. */
  async adopt(
    release: ImageRelease | undefined,
    adopted: readonly Adopted[],
  ): Promise<void> {
    this.#release = release;
    this.#made = new Map(adopted.map((one) => [one.instance.id, one]));
    await this.#deps.fleet.add(...adopted.map(({ instance }) => instance));
  }

  /** Runs `task` while nobody else starts or stops containers. */
  exclusively<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Starts what is missing; it tells what it cannot. */
  restore(): Promise<void> {
    this.#restoring ??= this.#restore().finally(() => {
      this.#restoring = undefined;
    });
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#tasks);
    await this.#restoring;
    await this.#turn;
  }

  async #restore(): Promise<void> {
    const { emit, clock, rollOut: { replicas }, fleet } = this.#deps;
    const { signal } = this.#over;
    for (let failures = 0; !signal.aborted;) {
      try {
        const name = await this.exclusively(() => this.#startMissing());
        if (name === undefined) return;
        emit({ type: "container-replaced", name });
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        const retryInMs = backoffMs(failures, BACKOFF, Math.random());
        const told = asError(error);
        emit({ type: "container-not-replaced", error: told, retryInMs });
        await clock.delay(retryInMs, signal);
      }
      if (fleet.members.length >= replicas) return;
    }
  }

  /** Returns the name of the container that was started, if one was missing. */
  async #startMissing(): Promise<string | undefined> {
    const { fleet, rollOut, containers } = this.#deps;
    const release = this.#release;
    if (release === undefined) return undefined;
    const taken = new Set(
      fleet.members.map(({ instance }) => instance.replica),
    );
    if (fleet.members.length >= rollOut.replicas) return undefined;
    let replica = 0;
    while (taken.has(replica)) replica++;
    const { signal } = this.#over;
    const instance = await replenish(release, replica, rollOut, signal);
    const { settingsHash } = containers;
    const digest = release.image.digest ?? "";
    this.#made.set(instance.id, { settingsHash, digest });
    return instance.name;
  }

  #bury = (instance: Instance): void => {
    const { clock, emit } = this.#deps;
    const now = clock.now();
    this.#deaths = now - this.#lastDeathAt > SETTLED_MS ? 1 : this.#deaths + 1;
    this.#lastDeathAt = now;
    this.#made.delete(instance.id);
    const { tag } = instance;
    if (this.#deaths === CRASH_LOOP) {
      emit({ type: "containers-crash-looping", tag, deaths: this.#deaths });
    }
    this.#tasks.push(this.#replace(instance));
  };

  async #replace(instance: Instance): Promise<void> {
    const { containers, clock, emit } = this.#deps;
    const { signal } = this.#over;
    try {
      // What is left of it, or came up again with other ports.
      await containers.stop(instance, signal);
    } catch (error) {
      const { name } = instance;
      if (!signal.aborted) {
        emit({ type: "container-left-behind", name, error: asError(error) });
      }
    }
    if (this.#deaths > 1) {
      await clock.delay(
        backoffMs(this.#deaths - 1, BACKOFF, Math.random()),
        signal,
      );
    }
    if (!signal.aborted) await this.restore();
  }

  #tell = (step: KeeperStep): void => {
    const { emit } = this.#deps;
    const { name } = step.instance;
    switch (step.kind) {
      case "sick": {
        const { reason, isLast } = step;
        return emit({ type: "container-sick", name, reason, isLast });
      }
      case "well":
        return emit({ type: "container-well", name });
      case "gone":
        return emit({ type: "container-gone", name });
      default:
        step satisfies never;
    }
  };
}
