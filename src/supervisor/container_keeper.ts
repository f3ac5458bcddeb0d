import type { EmitEvent } from "../base/event.ts";
import type { Clock } from "../base/time.ts";
import type { Containers, ImageRelease } from "../container/containers.ts";
import type { Adopted } from "../container/own_containers.ts";
import type { Fleet } from "../rollout/fleet.ts";
import type { Instance } from "../rollout/instance.ts";
import { Keeper, type KeeperStep } from "../rollout/keeper.ts";
import { replenish, type RollOutOptions } from "../rollout/roll_out.ts";
import { RestartPause } from "./restart_pause.ts";
import { asError, tryOrTell } from "./try_or_tell.ts";

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

/** Keeps as many containers of the release in service as there should be. */
export class ContainerKeeper implements AsyncDisposable {
  #deps: ContainerKeeperDeps;
  #keeper: Keeper;
  #made = new Map<string, Made>();
  #release: ImageRelease | undefined;
  #pause: RestartPause;
  /** Something may be left over that nobody looks after. */
  #isUntidy = false;
  #over = new AbortController();
  #tasks = new Set<Promise<void>>();
  #turn: Promise<unknown> = Promise.resolve();
  #restoring: Promise<void> | undefined;

  constructor(deps: ContainerKeeperDeps) {
    this.#deps = deps;
    this.#pause = new RestartPause(deps.clock);
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

  /**
   * What the containers in service were made of, and those that are started in
   * the place of missing ones; empty when there is no release to be in service.
   */
  get making(): readonly Made[] {
    const { fleet, containers: { settingsHash } } = this.#deps;
    const { members } = fleet;
    const made = members.map(({ instance }) =>
      this.#made.get(instance.id) ?? { settingsHash: "", digest: "" }
    );
    const digest = this.#release?.image.digest;
    return digest === undefined ? made : [...made, { settingsHash, digest }];
  }

  /** Whether containers are missing, and cannot be started at present. */
  get isStuck(): boolean {
    return this.isMissing && this.#pause.failures > 0;
  }

  /** Whether containers are missing. */
  get isMissing(): boolean {
    const { fleet, rollOut: { replicas } } = this.#deps;
    return this.#release !== undefined && fleet.members.length < replicas;
  }

  /** Identifiers of the containers in service. */
  get ids(): ReadonlySet<string> {
    const { members } = this.#deps.fleet;
    return new Set(members.map(({ instance }) => instance.id));
  }

  /** Looks after what is in service from now on. */
  begin(): void {
    const { signal } = this.#over;
    this.#spawn(this.#keeper.run(signal));
    this.#spawn(this.#deps.watch(() => this.#keeper.nudge(), signal));
  }

  /** Has `release` in service from now on. */
  follow(release: ImageRelease, instances: readonly Instance[]): void {
    const { settingsHash } = this.#deps.containers;
    const digest = release.image.digest ?? "";
    this.#release = release;
    this.#made = new Map(
      instances.map(({ id }) => [id, { settingsHash, digest }]),
    );
    this.#pause.reset();
    for (const { id } of instances) this.#pause.began(id);
  }

  /** Has containers that run already in service. */
  async adopt(
    release: ImageRelease | undefined,
    adopted: readonly Adopted[],
  ): Promise<void> {
    this.#release = release;
    this.#made = new Map(adopted.map((one) => [one.instance.id, one]));
    const instances = adopted.map(({ instance }) => instance);
    for (const { id } of instances) this.#pause.began(id);
    await this.#deps.fleet.add(...instances);
  }

  /** Runs `task` while nobody else starts or stops containers. */
  exclusively<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Says that something may be left over that nobody looks after. */
  leaveUntidy(): void {
    this.#isUntidy = true;
  }

  /** Removes what nobody looks after, when there may be something; it tells what it cannot. */
  async tidy(): Promise<void> {
    if (!this.#isUntidy) return;
    const { containers, emit } = this.#deps;
    await tryOrTell("old containers", async () => {
      // Not while a deploy has some that are not in service yet.
      const names = await this.exclusively(() =>
        containers.own.reap(this.ids, this.#over.signal)
      );
      this.#isUntidy = false;
      if (names.length > 0) emit({ type: "containers-reaped", names });
    }, emit);
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
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
    await this.#restoring;
    await this.#turn;
  }

  async #restore(): Promise<void> {
    const { emit } = this.#deps;
    const { signal } = this.#over;
    while (this.isMissing) {
      await this.#pause.over(signal);
      if (signal.aborted) return;
      try {
        const name = await this.exclusively(() => this.#startMissing());
        if (name === undefined) return;
        emit({ type: "container-replaced", name });
      } catch (error) {
        if (signal.aborted) return;
        const retryInMs = this.#pause.failed();
        const told = asError(error);
        emit({ type: "container-not-replaced", error: told, retryInMs });
        this.#isUntidy = true;
      }
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
    if (!this.isMissing) return undefined;
    let replica = 0;
    while (taken.has(replica)) replica++;
    const { signal } = this.#over;
    // Somebody may have removed it.
    await containers.pull(release, {}, signal);
    const instance = await replenish(release, replica, rollOut, signal);
    const { settingsHash } = containers;
    const digest = release.image.digest ?? "";
    this.#made.set(instance.id, { settingsHash, digest });
    this.#pause.began(instance.id);
    return instance.name;
  }

  #spawn(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }

  #bury = (instance: Instance): void => {
    const { tag, id } = instance;
    this.#made.delete(id);
    const deaths = this.#pause.ended(id);
    if (deaths !== undefined) {
      this.#deps.emit({ type: "containers-crash-looping", tag, deaths });
    }
    this.#spawn(this.#replace(instance));
  };

  async #replace(instance: Instance): Promise<void> {
    const { containers, emit } = this.#deps;
    const { signal } = this.#over;
    try {
      // What is left of it, or came up again with other ports.
      await containers.stop(instance, signal);
    } catch (error) {
      const { name } = instance;
      this.#isUntidy = true;
      if (!signal.aborted) {
        emit({ type: "container-left-behind", name, error: asError(error) });
      }
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
        return emit({
          type: "container-gone",
          name,
          reason: step.reason,
        });
      default:
        step satisfies never;
    }
  };
}
