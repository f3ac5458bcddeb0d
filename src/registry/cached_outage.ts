import { cutText } from "../base/cut_text.ts";
import type { SourceErrorCode } from "../base/errors.ts";
import type { EmitEvent } from "../base/event.ts";

/** What an {@link OutageTeller} needs. */
export interface OutageOptions {
  readonly emit: EmitEvent;
  /** After how long an outage is more than a hiccup, milliseconds. */
  readonly lastingMs: number;
}

/** What hides behind old answers. */
export interface Outage {
  /** Unix milliseconds. */
  readonly since: number;
  readonly message: string;
  readonly code?: SourceErrorCode;
}

/**
 * Tells once that old answers hide an outage of the registry, once that it lasts,
 * and once that it is over; also that it has become a denial, which other
 * credentials may end.
 */
export class OutageTeller {
  readonly #options: OutageOptions;
  #told: "nothing" | "begun" | "lasting" = "nothing";
  #isDenialTold = false;
  #sinceMs = 0;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  failing({ since: sinceMs, message, code }: Outage, now: number): void {
    const { emit, lastingMs } = this.#options;
    const outage = { sinceMs, reason: cutText(message), code };
    this.#sinceMs = sinceMs;
    const isNewDenial = code === "denied" && !this.#isDenialTold;
    if (this.#told === "nothing" || isNewDenial) {
      if (this.#told === "nothing") this.#told = "begun";
      this.#isDenialTold ||= isNewDenial;
      emit({ type: "registry-outage", phase: "begun", ...outage });
    }
    if (this.#told === "begun" && now - sinceMs >= lastingMs) {
      this.#told = "lasting";
      emit({ type: "registry-outage", phase: "lasting", ...outage });
    }
  }

  /** An answer is young again. */
  working(): void {
    if (this.#told === "nothing") return;
    this.#told = "nothing";
    this.#isDenialTold = false;
    const sinceMs = this.#sinceMs;
    const { emit } = this.#options;
    emit({ type: "registry-outage", phase: "over", sinceMs, reason: "" });
  }
}
