import type { DeployEvent } from "../base/event.ts";
import type { DeployStep } from "./status.ts";

/** A deploy that is under way. */
export interface DeployProgress {
  readonly tag: string;
  /** Unix milliseconds. */
  readonly since: number;
  readonly step: DeployStep;
}

/** Which commands run around a deploy. */
export interface HooksGiven {
  readonly before: boolean;
  readonly after: boolean;
}

/** Reads from events how far a deploy has come, and what has become of the program since dewy started. */
export class Progress {
  #hooks: HooksGiven;
  #now: () => number;
  #deploying: DeployProgress | undefined;
  /** The container that was started last is the last one of the roll-out. */
  #isLastReplica = false;
  #generation = 0;
  #starts = 0;
  #deaths = 0;

  constructor(hooks: HooksGiven, now: () => number) {
    this.#hooks = hooks;
    this.#now = now;
  }

  get deploying(): DeployProgress | undefined {
    return this.#deploying;
  }

  /** Of the worker that was started last; 0 before the first. */
  get generation(): number {
    return this.#generation;
  }

  /** Starts of the program after the first one. */
  get restarts(): number {
    return Math.max(this.#starts - 1, 0);
  }

  /** Workers that ended by themselves. */
  get deaths(): number {
    return this.#deaths;
  }

  /** Hears of everything that happens. */
  take(event: DeployEvent): void {
    switch (event.type) {
      case "worker-started":
        this.#generation = event.generation;
        this.#starts++;
        return;
      case "worker-died":
        this.#deaths++;
        return;
      case "deploy-started": {
        const { tag } = event;
        this.#deploying = { tag, since: this.#now(), step: "download" };
        return;
      }
      case "deploy-succeeded":
      case "deploy-failed":
      case "deploy-cancelled":
        this.#deploying = undefined;
        return;
      default:
        this.#advance(event);
    }
  }

  #advance(event: DeployEvent): void {
    const step = this.#stepAfter(event);
    if (this.#deploying === undefined || step === undefined) return;
    this.#deploying = { ...this.#deploying, step };
  }

  #stepAfter(event: DeployEvent): DeployStep | undefined {
    const { before, after } = this.#hooks;
    switch (event.type) {
      case "artifact-cached":
        return "verify";
      case "artifact-downloaded":
        return before ? "hook" : "unpack";
      case "image-pulled":
        return before ? "hook" : "start";
      case "hook-finished":
        if (event.result.when === "after") return "start";
        return this.#deploying?.step === "hook" ? "unpack" : undefined;
      case "archive-extracted":
        return "activate";
      case "link-created":
        return after ? "hook" : "start";
      case "server-starting":
      case "server-restarting":
        return "start";
      case "container-starting":
        this.#isLastReplica = event.replica + 1 === event.total;
        return "health";
      case "container-healthy":
        return this.#isLastReplica ? "replace" : "health";
      default:
        return undefined;
    }
  }
}
