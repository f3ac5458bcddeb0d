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

/** The words of the others change while they wait, such as the time until when. */
const TOLD_BY_REASON: ReadonlySet<SkipCode> = new Set<SkipCode>([
  "hold",
  "failed-before",
]);
/** So many are remembered, on a host that never deploys. */
const MAX_TOLD = 100;

/** Tells what is not deployed and why: what an operator should know once, the rest for the debug log. */
export class DecisionTeller {
  #emit: EmitEvent;
  /** What was told since the last deploy, by version and kind. */
  #told = new Set<string>();
  /** Versions whose missing artifact was told. */
  #incomplete = new Set<string>();

  constructor(emit: EmitEvent) {
    this.#emit = emit;
  }

  skipped({ code, reason, tag }: Action & { kind: "skip" }): void {
    const asked = ASKED_FOR.has(code);
    const isTold = asked || NOTABLE.has(code);
    const notable = isTold && this.#isNew(topicOf({ code, reason, tag }));
    this.#emit({ type: "deploy-skipped", reason, tag, notable, asked });
  }

  /** A deploy begins: what was told before may be told again. */
  deploys(): void {
    this.#told.clear();
  }

  #isNew(topic: string): boolean {
    if (this.#told.has(topic)) return false;
    this.#told.add(topic);
    const [oldest] = this.#told;
    if (this.#told.size > MAX_TOLD && oldest !== undefined) {
      this.#told.delete(oldest);
    }
    return true;
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

function topicOf(
  { code, reason, tag = "" }:
    & Pick<Action & { kind: "skip" }, "code" | "reason">
    & {
      readonly tag: string | undefined;
    },
): string {
  return [code, tag, TOLD_BY_REASON.has(code) ? reason : ""].join("\n");
}
