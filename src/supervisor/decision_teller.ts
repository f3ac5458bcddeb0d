import type { EmitEvent } from "../base/event.ts";
import { GRACE_PERIOD_MS, type Latest } from "../registry/registry.ts";
import type { Action, SkipCode } from "./decide.ts";

const NOTABLE: ReadonlySet<SkipCode> = new Set<SkipCode>([
  "downgrade",
  "failed-before",
  "diverted",
]);
/** What an operator or a setting has asked for is no warning. */
const ASKED_FOR: ReadonlySet<SkipCode> = new Set<SkipCode>([
  "hold",
  "cooldown",
  "window",
  "rolled-back",
]);

/** Tells what is not deployed and why: what an operator should know once, the rest for the debug log. */
export class DecisionTeller {
  #emit: EmitEvent;
  /** The reason that was told last. */
  #reason = "";
  /** Versions whose missing artifact was told. */
  #incomplete = new Set<string>();

  constructor(emit: EmitEvent) {
    this.#emit = emit;
  }

  skipped({ code, reason, tag }: Action & { kind: "skip" }): void {
    const asked = ASKED_FOR.has(code);
    const isTold = asked || NOTABLE.has(code);
    const notable = isTold && this.#reason !== reason;
    this.#reason = isTold ? reason : "";
    this.#emit({ type: "deploy-skipped", reason, tag, notable, asked });
  }

  /** A deploy begins: what was told before may be told again. */
  deploys(): void {
    this.#reason = "";
  }

  /** Tells of newer versions that lack their artifact; after the grace period that is an error, told once. */
  incomplete(latest: Latest): void {
    if (latest.kind === "filtered") return;
    const gracePeriodMs = GRACE_PERIOD_MS;
    const overdue = new Set<string>();
    for (const { tag, reason, withinGrace } of latest.incomplete) {
      const notable = !withinGrace && !this.#incomplete.has(tag);
      if (!withinGrace) overdue.add(tag);
      this.#emit({
        type: "version-incomplete",
        tag,
        reason,
        withinGrace,
        notable,
        gracePeriodMs,
      });
    }
    this.#incomplete = overdue;
  }
}
