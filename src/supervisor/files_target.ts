import type { Release } from "../base/release.ts";
import { Deployer, type DeployerDeps } from "./deployer.ts";
import { recover } from "./recover.ts";
import { decideRollback, rollBack } from "./roll_back.ts";
import { requireStanding, standUp, waitUnlessCrashing } from "./stand_up.ts";
import { recordsOf, releaseOf } from "./recall.ts";
import type { Recalled, Target, TargetCondition } from "./target.ts";
import { tryOrTell } from "./try_or_tell.ts";

/** What a {@link FilesTarget} works with. */
export interface FilesTargetDeps extends DeployerDeps {
  readonly keepReleases: number;
}

/** Release folders, the link to one of them, and in server mode the program that runs from there. */
export class FilesTarget implements Target {
  #deps: FilesTargetDeps;
  #deployer: Deployer;

  constructor(deps: FilesTargetDeps) {
    this.#deps = deps;
    this.#deployer = new Deployer(deps);
  }

  recover(): Promise<void> {
    return recover(this.#deps);
  }

  standUp(): Promise<void> {
    return standUp(this.#deps);
  }

  async takeBackBad(signal: AbortSignal): Promise<void> {
    const { application, state, clock } = this.#deps;
    if (application === undefined) return;
    const rollback = decideRollback(
      state.value,
      application.deaths,
      clock.now(),
    );
    if (rollback !== undefined) {
      await rollBack(rollback, { ...this.#deps, application }, signal);
    }
  }

  async inspect(): Promise<TargetCondition> {
    const { state, releases } = this.#deps;
    const { deployed } = state.value;
    const intact = deployed !== undefined &&
      await releases.has(deployed.path) &&
      await releases.current() !== undefined;
    const diverted = intact && !await releases.isCurrent(deployed.path);
    return { intact, diverted };
  }

  deploy(release: Release, reason: string, signal: AbortSignal): Promise<void> {
    return this.#deployer.deploy(release, { reason }, signal);
  }

  async recall(tag: string): Promise<Recalled | undefined> {
    const { state, releases } = this.#deps;
    const records = recordsOf(state.value, tag);
    for (const record of records) {
      const { path } = record;
      if (!await releases.has(path)) continue;
      return { release: releaseOf(record, ""), isHere: true, path };
    }
    // Its artifact may still be in the cache.
    const [record] = records.filter(({ sha256 }) => sha256 !== undefined);
    if (record === undefined) return undefined;
    return { release: releaseOf(record, ""), isHere: false };
  }

  bringBack(
    { release, path }: Recalled,
    reason: string,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#deployer.deploy(release, { reason, path }, signal);
  }

  async restart(signal: AbortSignal): Promise<void> {
    const { application, state, emit } = this.#deps;
    if (application === undefined || !application.running) return;
    const tag = state.value.deployed?.tag ?? "";
    emit({ type: "server-restarting", tag, pid: Deno.pid });
    await application.replace(signal);
    const { ports } = application;
    emit({ type: "server-started", tag, ports, restarted: true });
  }

  async cleanUp(): Promise<void> {
    const { releases, cache, keepReleases: keep, state, emit } = this.#deps;
    const { deployed, previous } = state.value;
    const inUse = [deployed, previous].filter((release) =>
      release !== undefined
    );
    await tryOrTell("old releases", async () => {
      const paths = new Set(inUse.map(({ path }) => path));
      const removed = await releases.prune(keep, paths);
      emit({ type: "releases-pruned", kept: keep, removed });
      await cache.evict({ keep, inUse: new Set(inUse.map(({ key }) => key)) });
    }, emit);
  }

  pause(ms: number, signal: AbortSignal): Promise<void> {
    return waitUnlessCrashing(ms, this.#deps, signal);
  }

  requireStanding(signal: AbortSignal): Promise<void> {
    return requireStanding(this.#deps, signal);
  }
}
