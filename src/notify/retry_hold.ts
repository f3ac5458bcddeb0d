import type { DeployEvent } from "../base/event.ts";

/** What happens in a deploy, as opposed to what happens at the same time. */
const STEPS: ReadonlySet<DeployEvent["type"]> = new Set(
  [
    "deploy-started",
    "artifact-downloaded",
    "hook-finished",
    "server-started",
    "image-pulled",
    "container-starting",
    "container-healthy",
    "container-unhealthy",
    "containers-deployed",
    "backend-added",
    "deploy-cancelled",
  ] as const,
);

/** What is a step of a deploy, and otherwise told in other words: that a container is replaced. */
const DEPLOY_ONLY: ReadonlySet<DeployEvent["type"]> = new Set(
  [
    "container-starting",
    "container-healthy",
    "container-unhealthy",
    "backend-added",
  ] as const,
);

/**
 * Holds the steps of another attempt at a version that has failed until its
 * outcome is known: they are told when it succeeds, and dropped when it fails
 * again, which everyone has read before.
 */
export class RetryHold<T> {
  #failedTag: string | undefined;
  #held: T[] | undefined;
  #isDeploying = false;

  /** Takes an event and returns what was held and is to be told before it. */
  follow(event: DeployEvent): readonly T[] {
    switch (event.type) {
      case "deploy-started":
        this.#isDeploying = true;
        this.#held = event.tag === this.#failedTag ? [] : undefined;
        return [];
      case "deploy-succeeded": {
        const held = this.#held ?? [];
        this.#isDeploying = false;
        this.#held = undefined;
        this.#failedTag = undefined;
        return held;
      }
      case "deploy-cancelled":
        this.#isDeploying = false;
        return [];
      case "deploy-failed":
        this.#isDeploying = false;
        this.#held = undefined;
        this.#failedTag = event.failure.tag;
        return [];
      default:
        return [];
    }
  }

  /** Returns whether `told`, which an event led to, is held or of no interest. */
  hold(type: DeployEvent["type"], told: T): boolean {
    if (!this.#isDeploying && DEPLOY_ONLY.has(type)) return true;
    if (this.#held === undefined || !STEPS.has(type)) return false;
    // Nobody heard of this attempt, so nobody hears that it was called off.
    if (type === "deploy-cancelled") this.#held = undefined;
    else this.#held.push(told);
    return true;
  }

  /** Whether the version that is spoken of is the one that failed, which everyone knows. */
  hasFailed(tag: string | undefined): boolean {
    return tag !== undefined && tag === this.#failedTag;
  }
}
