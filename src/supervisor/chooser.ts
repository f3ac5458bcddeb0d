import { errorMessage, SourceError } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";
import type { Release, VersionRules } from "../base/release.ts";
import type { Clock } from "../base/time.ts";
import type { Latest, Wish } from "../registry/registry.ts";
import { type Action, decide } from "./decide.ts";
import type { Task } from "./orders.ts";
import type { State } from "./state.ts";
import { sight } from "./state_operator.ts";
import type { StateFile } from "./state_file.ts";
import type { WaitingVersion } from "./status.ts";
import type { Recalled, Target } from "./target.ts";
import { tryOrTell } from "./try_or_tell.ts";
import type { Timing } from "./waits.ts";

/** How a {@link Chooser} decides. */
export interface ChooserSettings extends Timing {
  readonly allowDowngrade: boolean;
  /** Whether a release that failed before is tried without a pause. */
  readonly ignoreFailures: boolean;
}

/** What a {@link Chooser} works with. */
export interface ChooserDeps {
  readonly state: StateFile;
  readonly target: Pick<Target, "inspect" | "recall">;
  readonly rules: VersionRules;
  readonly settings: ChooserSettings;
  readonly clock: Clock;
  readonly emit: EmitEvent;
}

/** How the registry is asked. */
export type Ask = (wish?: Wish) => Promise<Latest>;

/** What is to be done. */
export interface Choice {
  readonly action: Action;
  /** The first answer of the registry; left out when it was not asked. */
  readonly latest: Latest | undefined;
  /** What this host still has of the release, when an operator goes back to it. */
  readonly recalled: Recalled | undefined;
  /** Versions that are wanted and have to wait, newest first. */
  readonly waiting: readonly WaitingVersion[];
}

/** So many versions that are too young are passed over at one look; the next look goes on. */
const MAX_YOUNG = 20;

/**
 * Finds out what is to be deployed: the newest version, or the one an operator
 * wants. Where a cooldown holds versions up, it looks behind them for one that
 * has waited long enough.
 */
export class Chooser {
  #deps: ChooserDeps;

  constructor(deps: ChooserDeps) {
    this.#deps = deps;
  }

  /** @throws {SourceError} When the registry cannot be read. */
  async choose(ask: Ask, task?: Task): Promise<Choice> {
    const { state } = this.#deps;
    const { pin } = state.value;
    const named = task?.kind === "deploy" || task?.kind === "pin"
      ? task.tag
      : undefined;
    const only = named ?? pin?.tag;
    if (only !== undefined) return await this.#one({ only }, ask, task);
    const back = task?.kind === "deploy" ? undefined : await this.#wayBack();
    if (back !== undefined) return await this.#goBack(back, ask, task);
    return await this.#newest(ask, task);
  }

  /** Decides anew on a release whose deploy has come to an end, without asking. */
  async reconsider(choice: Choice): Promise<Choice> {
    const { action: before, waiting } = choice;
    if (before.kind === "skip") return choice;
    const { release } = before;
    const action = await this.#decide(known(release), undefined);
    const others = waiting.filter(({ version }) => version !== release.tag);
    return { ...choice, action, waiting: [...others, ...waitsIn(action)] };
  }

  /** Returns the version that is gone back to, unless it is in service. */
  async #wayBack(): Promise<string | undefined> {
    const { target } = this.#deps;
    const { rollback, deployed } = this.#deps.state.value;
    if (rollback === undefined) return undefined;
    if (deployed?.tag !== rollback.to) return rollback.to;
    const recalled = await target.recall(rollback.to);
    if (recalled === undefined) return rollback.to;
    const { intact } = await target.inspect(known(recalled.release));
    return intact ? undefined : rollback.to;
  }

  async #goBack(only: string, ask: Ask, task?: Task): Promise<Choice> {
    const recalled = await this.#deps.target.recall(only);
    if (recalled?.isHere !== true) {
      const latest = await this.#askOrRecall({ only }, ask, recalled);
      const action = await this.#decide(latest, task);
      return { action, latest, recalled, waiting: waitsIn(action) };
    }
    const action = await this.#decide(known(recalled.release), task);
    return { action, latest: undefined, recalled, waiting: waitsIn(action) };
  }

  /** What is remembered of a release will do where the registry is silent: its bytes may be here. */
  async #askOrRecall(
    wish: Wish,
    ask: Ask,
    recalled: Recalled | undefined,
  ): Promise<Latest> {
    if (recalled === undefined) return await ask(wish);
    const remembered = known(recalled.release);
    try {
      const latest = await ask(wish);
      return latest.kind === "release" ? latest : remembered;
    } catch (error) {
      if (error instanceof SourceError) return remembered;
      throw error;
    }
  }

  async #one(wish: Wish, ask: Ask, task?: Task): Promise<Choice> {
    const latest = await ask(wish);
    const action = await this.#decide(latest, task);
    const waiting = waitsIn(action);
    return { action, latest, recalled: undefined, waiting };
  }

  async #newest(ask: Ask, task?: Task): Promise<Choice> {
    const first = await ask();
    const waiting: WaitingVersion[] = [];
    let young: Action | undefined;
    let latest = first;
    for (let looks = 0;; looks++) {
      await this.#sight(latest);
      const action = await this.#decide(latest, task);
      const isYoung = action.kind === "skip" && action.code === "cooldown";
      if (!isYoung) {
        // Whatever is behind it, the newest one waits.
        const told = action.kind === "deploy" ? action : young ?? action;
        waiting.push(...waitsIn(action));
        return { action: told, latest: first, recalled: undefined, waiting };
      }
      young ??= action;
      waiting.push(...waitsIn(action));
      // What is behind the deployed version is no upgrade, however old.
      const isLast = tagOf(action) === this.#deps.state.value.deployed?.tag;
      if (isLast || looks === MAX_YOUNG) {
        return { action: young, latest: first, recalled: undefined, waiting };
      }
      latest = await ask({ except: this.#youngTags(waiting) });
    }
  }

  /** Returns the versions that need no look because they were seen too late, however many. */
  #youngTags(waiting: readonly WaitingVersion[]): string[] {
    const { state, settings: { cooldownMs }, clock } = this.#deps;
    const now = clock.now();
    const { sightings = [], deployed } = state.value;
    const young = sightings.filter(({ at }) => now - at < cooldownMs)
      .map(({ tag }) => tag);
    const tags = new Set([...young, ...waiting.map(({ version }) => version)]);
    // It ends the search.
    if (deployed !== undefined) tags.delete(deployed.tag);
    return [...tags].sort();
  }

  /** Writes down when a version was first seen, where that counts. */
  async #sight(latest: Latest): Promise<void> {
    const { state, settings: { cooldownMs }, clock, emit } = this.#deps;
    if (cooldownMs <= 0 || latest.kind !== "release") return;
    const { tag, fingerprint } = latest.release;
    const seen = { tag, fingerprint, at: clock.now() };
    const change = (value: State) => sight(value, seen, cooldownMs);
    if (change(state.value) === state.value) return;
    await tryOrTell("the state", () => state.update(change), emit);
  }

  async #decide(latest: Latest, task: Task | undefined): Promise<Action> {
    const { state, target, rules, settings, clock } = this.#deps;
    return decide({
      ...settings,
      ...await target.inspect(latest),
      latest,
      state: state.value,
      rules,
      task,
      now: clock.now(),
    });
  }
}

/** What is to be said when a way back failed. */
export function failedWayBack(
  tag: string,
  choice: Choice,
  error: unknown,
): Choice {
  const reason = `the way back to ${tag} failed: ${errorMessage(error)}`;
  const action = { kind: "skip", code: "failed-before", reason, tag } as const;
  return { ...choice, action };
}

/** What needs no look into the registry, as its answer. */
function known(release: Release): Latest {
  return { kind: "release", release, incomplete: [] };
}

function waitsIn(action: Action): readonly WaitingVersion[] {
  return action.kind === "skip" ? action.waits ?? [] : [];
}

/** What an action is about, if anything. */
export function tagOf(action: Action): string | undefined {
  return action.kind === "deploy" ? action.release.tag : action.tag;
}
