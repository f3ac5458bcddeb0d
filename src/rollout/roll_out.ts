import { ApplicationError, errorMessage } from "../base/errors.ts";
import type { Clock } from "../base/time.ts";
import type { Fleet } from "./fleet.ts";
import { checkHealth, type HealthSettings } from "./health.ts";
import {
  type Condition,
  type Instance,
  type InstanceRuntime,
  isSamePlace,
} from "./instance.ts";
import { checkOf, type RollOutStep } from "./roll_out_step.ts";

/** What {@link rollOut} works with. */
export interface RollOutOptions<Spec> {
  readonly runtime: InstanceRuntime<Spec>;
  readonly fleet: Fleet;
  readonly health: HealthSettings;
  readonly replicas: number;
  /** How long an instance has to get healthy. */
  readonly healthTimeoutMs: number;
  readonly drainMs: number;
  readonly clock: Clock;
  readonly tell: (step: RollOutStep) => void;
  /**
   * Called when all new instances get work and before the first one before them
   * is stopped: from here on the roll-out is not taken back.
   */
  readonly onStanding?: (instances: readonly Instance[]) => Promise<void>;
}

/** Between two looks at an instance that is not well yet, milliseconds. */
const LOOK_MS = 250;

/**
 * Brings `spec` into service: instances of it are started one by one, each is
 * sent work once it is well, and only when all are, the ones before are sent
 * no more, drained and stopped. There are never fewer instances than before.
 * Once all are, an abort only has those before stopped all at once.
 *
 * @throws {ApplicationError} When one does not get well: all new ones are gone
 * then, and the ones before are as they were.
 */
export async function rollOut<Spec>(
  spec: Spec,
  options: RollOutOptions<Spec>,
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const { fleet, replicas, onStanding, tell } = options;
  const before = fleet.members.map(({ instance }) => instance);
  const started: Instance[] = [];
  try {
    for (let replica = 0; replica < replicas; replica++) {
      const instance = await startOne(spec, replica, options, signal);
      started.push(instance);
      await awaitHealth(instance, options, signal);
      await putIn(instance, options);
    }
    await awaitStanding(started, options, signal);
  } catch (error) {
    tell({ kind: "taking-back", instances: started });
    await takeBack(started, options);
    throw error;
  }
  await onStanding?.(started);
  await retireAll(before, options, signal);
  return started;
}

/** Starts one more instance and sends it work once it is well. */
export async function replenish<Spec>(
  spec: Spec,
  replica: number,
  options: RollOutOptions<Spec>,
  signal: AbortSignal,
): Promise<Instance> {
  const instance = await startOne(spec, replica, options, signal);
  try {
    await awaitHealth(instance, options, signal);
    await putIn(instance, options);
    return instance;
  } catch (error) {
    await takeBack([instance], options);
    throw error;
  }
}

async function putIn<Spec>(
  instance: Instance,
  { fleet, tell }: RollOutOptions<Spec>,
): Promise<void> {
  await fleet.add(instance);
  tell({ kind: "in-service", instance, ready: fleet.ready });
}

/** Takes instances out one by one, waits for their work, and stops them. */
async function retireAll<Spec>(
  instances: readonly Instance[],
  options: RollOutOptions<Spec>,
  signal: AbortSignal,
): Promise<void> {
  for (const [index, instance] of instances.entries()) {
    if (signal.aborted) return await stopAll(instances.slice(index), options);
    options.tell({ kind: "retiring", instance });
    await retireOne(instance, options);
  }
}

async function retireOne<Spec>(
  instance: Instance,
  { runtime, fleet, drainMs, tell }: RollOutOptions<Spec>,
): Promise<void> {
  // Whatever happens, nobody is sent to an instance that is being stopped.
  const { cut } = await fleet.retire(instance.id, drainMs);
  try {
    await runtime.stop(instance, new AbortController().signal);
    tell({ kind: "retired", instance, cut });
  } catch (error) {
    tell({ kind: "left-behind", instance, error });
  }
}

async function startOne<Spec>(
  spec: Spec,
  replica: number,
  { runtime, health, replicas: total, tell }: RollOutOptions<Spec>,
  signal: AbortSignal,
): Promise<Instance> {
  signal.throwIfAborted();
  tell({ kind: "starting", what: runtime.describe(spec), replica, total });
  try {
    const instance = await runtime.start(spec, replica, signal);
    tell({ kind: "started", instance, check: checkOf(instance, health) });
    return instance;
  } catch (error) {
    if (!signal.aborted) tell({ kind: "not-started", error });
    throw error;
  }
}

async function awaitHealth<Spec>(
  instance: Instance,
  options: RollOutOptions<Spec>,
  signal: AbortSignal,
): Promise<void> {
  const { runtime, health, healthTimeoutMs, clock, tell } = options;
  const until = performance.now() + healthTimeoutMs;
  for (let attempts = 1;; attempts++) {
    const startedAt = performance.now();
    const found = await checkHealth(instance, health, signal);
    const { sickness: reason, answer } = found;
    const tookMs = performance.now() - startedAt;
    signal.throwIfAborted();
    if (reason === undefined) {
      const check = checkOf(instance, health);
      tell({ kind: "healthy", instance, check, tookMs, answer });
      return;
    }
    const end = endOf(instance, await runtime.look(instance, signal));
    if (end !== undefined || performance.now() >= until) {
      tell({ kind: "unhealthy", instance, reason: end ?? reason, attempts });
      const how = end === undefined
        ? `did not get healthy in ${healthTimeoutMs / 1000} s: ${reason}`
        : `did not get healthy: ${end}`;
      throw await sickError(instance, how, options, signal);
    }
    await clock.delay(LOOK_MS, signal);
  }
}

/** Returns why it is not worth while to wait for a new instance, if so. */
function endOf(instance: Instance, condition: Condition): string | undefined {
  if (condition.kind === "gone") return condition.reason;
  const isAnother = condition.kind === "running" &&
    !isSamePlace(condition.addresses, instance.addresses);
  return isAnother ? "it ended, and was started again" : undefined;
}

/** Sees that none of the new instances got sick or ended while the others were started. */
async function awaitStanding<Spec>(
  started: readonly Instance[],
  options: RollOutOptions<Spec>,
  signal: AbortSignal,
): Promise<void> {
  const { fleet, tell } = options;
  for (const instance of started) {
    const { id } = instance;
    const member = fleet.members.find(({ instance }) => instance.id === id);
    if (member?.state === "ready") continue;
    if (member === undefined) {
      const reason = "it ended before the others were well";
      tell({ kind: "unhealthy", instance, reason, attempts: 1 });
      const how = `did not get healthy: ${reason}`;
      throw await sickError(instance, how, options, signal);
    }
    await awaitHealth(instance, options, signal);
    await fleet.restore(id);
  }
}

async function sickError<Spec>(
  instance: Instance,
  how: string,
  { runtime }: RollOutOptions<Spec>,
  signal: AbortSignal,
): Promise<ApplicationError> {
  const words = await runtime.lastWords(instance, signal).catch((error) =>
    `(its log cannot be read: ${errorMessage(error)})`
  );
  const said = words === "" ? "it said nothing" : `its last words:\n${words}`;
  return new ApplicationError(
    `${instance.name} of ${instance.tag} ${how}; ${said}`,
    { hint: "Mend it and publish a newer version, or raise --health-timeout" },
  );
}

/** Removes new instances, all at once; clients are with the old ones before any is stopped. */
async function takeBack<Spec>(
  started: readonly Instance[],
  options: RollOutOptions<Spec>,
): Promise<void> {
  await options.fleet.remove(...started.map(({ id }) => id));
  for (const instance of started) options.tell({ kind: "removing", instance });
  await stopAll(started, options);
}

async function stopAll<Spec>(
  instances: readonly Instance[],
  options: RollOutOptions<Spec>,
): Promise<void> {
  await Promise.all(instances.map((instance) => retireOne(instance, options)));
}
