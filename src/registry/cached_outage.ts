import { cutText } from "../base/cut_text.ts";
import type { EmitEvent } from "../base/event.ts";

/** What an {@link OutageTeller} needs. */
export interface OutageOptions {
  readonly emit: EmitEvent;
  /** After how long an outage is more than a hiccup, milliseconds. */
  readonly lastingMs: number;
}

/** Tells once that old answers hide an outage of the registry, once that it lasts, and once that it is over. */
export class OutageTeller {
  readonly #options: OutageOptions;
  #told: "nothing" | "begun" | "lasting" = "nothing";
  #sinceMs = 0;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** The registry has been failing since then, Unix milliseconds. */
  failing(sinceMs: number, now: number, why: string): void {
    const { emit, lastingMs } = this.#options;
    const reason = cutText(why);
    this.#sinceMs = sinceMs;
    if (this.#told === "nothing") {
      this.#told = "begun";
      emit({ type: "registry-outage", phase: "begun", sinceMs, reason });
    }
    if (this.#told === "begun" && now - sinceMs >= lastingMs) {
      this.#told = "lasting";
      emit({ type: "registry-outage", phase: "lasting", sinceMs, reason });
    }
  }

  /** An answer is young again. */
  working(): void {
    if (this.#told === "nothing") return;
    this.#told = "nothing";
    const sinceMs = this.#sinceMs;
    const { emit } = this.#options;
    emit({ type: "registry-outage", phase: "over", sinceMs, reason: "" });
  }
}
