import type { EmitEvent } from "../base/event.ts";
import { parseImageUrl } from "../base/image_reference.ts";
import type { Clock } from "../base/time.ts";
import type { Containers } from "../container/containers.ts";
import type { Adopted } from "../container/own_containers.ts";
import type { ContainerKeeper } from "./container_keeper.ts";
import { attemptsSoFar, interruptionOf } from "./failure.ts";
import { failDeploy, type State } from "./state.ts";
import type { StateFile } from "./state_file.ts";
import { tryOrTell } from "./try_or_tell.ts";

/** What {@link recoverContainers} works with. */
export interface ContainerRecoverDeps {
  readonly containers: Containers;
  readonly keeper: ContainerKeeper;
  readonly state: StateFile;
  readonly clock: Clock;
  readonly emit: EmitEvent;
}

/**
 * Takes over what runs already, before the registry is asked anything: a dewy
 * that was killed or upgraded costs no traffic. What a deploy left that was cut
 * short is removed, and so is what does not run.
 */
export async function recoverContainers(
  { containers, keeper, state, clock, emit }: ContainerRecoverDeps,
  signal: AbortSignal,
): Promise<void> {
  const adopted = await adoptable({ containers, state }, signal);
  const { deployed, deploying } = state.value;
  const image = deployed === undefined
    ? undefined
    : parseImageUrl(deployed.path);
  const tag = deployed?.tag ?? newestOf(adopted)?.instance.tag ?? "";
  await keeper.adopt(
    image === undefined || deployed === undefined
      ? undefined
      : { tag: deployed.tag, image },
    adopted,
  );
  if (adopted.length > 0) {
    const names = adopted.map(({ instance }) => instance.name);
    emit({ type: "containers-adopted", tag, names });
  }
  const reaped = await containers.own.reap(keeper.ids, signal);
  if (reaped.length > 0) emit({ type: "containers-reaped", names: reaped });
  if (deploying === undefined) return;
  const attempts = attemptsSoFar(state.value, deploying) + 1;
  const now = clock.now();
  const failed = interruptionOf(deploying, { attempts, now });
  const durationMs = now - deploying.startedAt;
  // A full disk must not cost the start; the ticks write it down later.
  await tryOrTell(
    "the state",
    () =>
      state.update((value) =>
        failDeploy(value, failed, { kind: "interrupted", durationMs })
      ),
    emit,
  );
  const restoredTo = adopted.length === 0 ? undefined : deployed?.tag;
  emit({ type: "deploy-interrupted", tag: deploying.tag, restoredTo });
}

/** Returns the containers that are to be taken over: their ports lead to the release in service. */
export async function adoptable(
  { containers, state }: Pick<ContainerRecoverDeps, "containers" | "state">,
  signal: AbortSignal,
): Promise<readonly Adopted[]> {
  const running = await containers.own.running(signal);
  return toAdopt(running, state.value, containers.settingsHash);
}

/** The containers of the deployed release; of a deploy that was cut short only when there are no others. */
function toAdopt(
  running: readonly Adopted[],
  { deployed, deploying }: State,
  settingsHash: string,
): readonly Adopted[] {
  const isOf = (tag: string | undefined) => ({ instance }: Adopted) =>
    instance.tag === tag;
  const good = running.filter(isOf(deployed?.tag));
  if (good.length > 0) {
    // The same version may be under way with other settings, or be in service
    // with them while those before were being stopped.
    const { startedAt } = deploying ?? { startedAt: Infinity };
    const right = deploying !== undefined
      ? good.filter(({ deployedAt }) => !(Date.parse(deployedAt) >= startedAt))
      : good.filter((one) =>
        one.settingsHash === settingsHash &&
        one.digest === deployed?.fingerprint
      );
    return right.length > 0 ? right : good;
  }
  const others = running.filter((one) => !isOf(deploying?.tag)(one));
  return others.length > 0 ? others : running;
}

function newestOf(adopted: readonly Adopted[]): Adopted | undefined {
  const time = ({ deployedAt }: Adopted) => Date.parse(deployedAt) || 0;
  return adopted.toSorted((a, b) => time(b) - time(a)).at(0);
}
