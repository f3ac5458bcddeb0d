import { ApplicationError, errorMessage } from "../base/errors.ts";
import type { Clock } from "../base/time.ts";
import type { Fleet } from "./fleet.ts";
import { checkHealth, type HealthSettings } from "./health.ts";
import type { Instance, InstanceRuntime } from "./instance.ts";

/** What happens in a roll-out. Times in milliseconds. */
export type RollOutStep =
  | {
    readonly kind: "starting";
    /** What is started, for people. */
    readonly what: string;
    readonly replica: number;
    readonly total: number;
  }
  | { readonly kind: "healthy"; readonly instance: Instance }
  | {
    readonly kind: "unhealthy";
    readonly instance: Instance;
    readonly reason: string;
    readonly attempts: number;
  }
  | {
    readonly kind: "retired";
    readonly instance: Instance;
    /** Sessions that did not end in time. */
    readonly cut: number;
  }
  /** Something could not be tidied up; the roll-out goes on. */
  | {
    readonly kind: "left-behind";
    readonly instance: Instance;
    readonly error: unknown;
  };

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
}

/** Between two looks at an instance that is not well yet, milliseconds. */
const LOOK_MS = 250;

/**
 * Brings `spec` into service: instances of it are started one by one, each is
 * sent work once it is well, and only when all are, the ones before are sent
 * no more, drained and stopped. There are never fewer instances than before.
 *
 * @throws {ApplicationError} When one does not get well: all new ones are gone
 * then, and the ones before are as they were.
 */
export async function rollOut<Spec>(
  spec: Spec,
  options: RollOutOptions<Spec>,
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const { fleet, replicas } = options;
  const before = fleet.members.map(({ instance }) => instance);
  const started: Instance[] = [];
  try {
    for (let replica = 0; replica < replicas; replica++) {
      const instance = await startOne(spec, replica, options, signal);
      started.push(instance);
      await awaitHealth(instance, options, signal);
      await fleet.add(instance);
    }
  } catch (error) {
    await takeBack(started, options);
    throw error;
  }
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
    await options.fleet.add(instance);
    return instance;
  } catch (error) {
    await takeBack([instance], options);
    throw error;
  }
}

/** Takes instances out one by one, waits for their work, and stops them. */
export async function retireAll<Spec>(
  instances: readonly Instance[],
  options: RollOutOptions<Spec>,
  signal: AbortSignal,
): Promise<void> {
  const { fleet, drainMs, tell } = options;
  for (const instance of instances) {
    // Whatever happens, nobody is sent to an instance that is being stopped.
    const { cut } = await fleet.retire(instance.id, drainMs);
    await stopOne(instance, options, signal);
    tell({ kind: "retired", instance, cut });
  }
}

async function startOne<Spec>(
  spec: Spec,
  replica: number,
  { runtime, replicas: total, tell }: RollOutOptions<Spec>,
  signal: AbortSignal,
): Promise<Instance> {
  signal.throwIfAborted();
  tell({ kind: "starting", what: runtime.describe(spec), replica, total });
  return await runtime.start(spec, replica, signal);
}

async function awaitHealth<Spec>(
  instance: Instance,
  options: RollOutOptions<Spec>,
  signal: AbortSignal,
): Promise<void> {
  const { runtime, health, healthTimeoutMs, clock, tell } = options;
  const until = performance.now() + healthTimeoutMs;
  for (let attempts = 1;; attempts++) {
    const reason = await checkHealth(instance, health, signal);
    signal.throwIfAborted();
    if (reason === undefined) {
      tell({ kind: "healthy", instance });
      return;
    }
    const isGone = !await runtime.isRunning(instance, signal);
    if (isGone || performance.now() >= until) {
      const why = isGone ? "it ended by itself" : reason;
      tell({ kind: "unhealthy", instance, reason: why, attempts });
      throw await sickError(instance, why, options, signal);
    }
    await clock.delay(LOOK_MS, signal);
  }
}

async function sickError<Spec>(
  instance: Instance,
  reason: string,
  { runtime, healthTimeoutMs }: RollOutOptions<Spec>,
  signal: AbortSignal,
): Promise<ApplicationError> {
  const words = await runtime.lastWords(instance, signal).catch((error) =>
    `(its log cannot be read: ${errorMessage(error)})`
  );
  const said = words === "" ? "it said nothing" : `its last words:\n${words}`;
  return new ApplicationError(
    `${instance.name} of ${instance.tag} did not get healthy in ${
      healthTimeoutMs / 1000
    } s: ${reason}; ${said}`,
    { hint: "Mend it and publish a newer version, or raise --health-timeout" },
  );
}

/** Removes new instances, the last one first; clients are with the old ones before any is stopped. */
async function takeBack<Spec>(
  started: readonly Instance[],
  options: RollOutOptions<Spec>,
): Promise<void> {
  const never = new AbortController().signal;
  await options.fleet.remove(...started.map(({ id }) => id));
  await retireAll([...started].reverse(), options, never);
}

async function stopOne<Spec>(
  instance: Instance,
  { runtime, tell }: RollOutOptions<Spec>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await runtime.stop(instance, signal);
  } catch (error) {
    tell({ kind: "left-behind", instance, error });
  }
}
