import type { DeployEvent, EmitEvent } from "../base/event.ts";

type OutageEvent = Extract<DeployEvent, { type: "registry-outage" }>;

/**
 * Hands the events of isolates on. One that takes the place of another knows
 * nothing of the outage that was told: what it tells again is dropped, and that
 * it is over is told in its place.
 */
export class OutageRelay {
  readonly #emit: EmitEvent;
  #told: OutageEvent | undefined;
  #isUnsure = false;

  constructor(emit: EmitEvent) {
    this.#emit = emit;
  }

  /** Whether old answers hide that the registry denies access. */
  get isDenied(): boolean {
    return this.#told?.code === "denied";
  }

  readonly emit: EmitEvent = (event) => {
    if (event.type !== "registry-outage") return this.#emit(event);
    this.#isUnsure = false;
    const told = this.#told;
    const isOver = event.phase === "over";
    const isKnown = told !== undefined && told.code === event.code &&
      (told.phase === event.phase || told.phase === "lasting");
    if (isKnown && !isOver) return;
    this.#told = isOver ? undefined : event;
    this.#emit(event);
  };

  /** Another registry answers from now on. */
  reopened(): void {
    this.#isUnsure = true;
  }

  /** An answer came; of an outage it would have told before. */
  answered(): void {
    if (this.#isUnsure && this.#told !== undefined) {
      this.#emit({ ...this.#told, phase: "over", reason: "" });
      this.#told = undefined;
    }
    this.#isUnsure = false;
  }
}
