import { join } from "node:path";
import type { VersionRules } from "../../base/release.ts";
import { newestFirst } from "../../base/version.ts";
import type { Survey, SurveyedVersion } from "../../registry/registry.ts";
import type { RollbackMark } from "../../supervisor/state_operator.ts";
import { isOlder } from "../../supervisor/version_order.ts";
import { openSource, type SourceOptions } from "../compose_parts.ts";
import { Fields } from "./fields.ts";

/** What a plan looks at where no dewy runs. */
export type OfflineOptions = Pick<SourceOptions, "settings" | "root" | "env">;

/** What is known of the last run in a working directory. */
export interface LastRun {
  /** The version that was in service; empty when there was none. */
  readonly deployed: string;
  /** Empty when none is pinned. */
  readonly pinned: string;
  readonly isHeld: boolean;
  /** What an operator went back from, and to. */
  readonly rollback?: Pick<RollbackMark, "from" | "to" | "also">;
}

/** How versions are compared. */
export interface Comparing {
  readonly rules: VersionRules;
  readonly allowDowngrade: boolean;
}

interface PlanJson {
  readonly action: {
    readonly kind: "deploy" | "skip";
    readonly code: string;
    readonly version: string | null;
    readonly reason: string;
  };
  readonly versions: readonly {
    readonly version: string;
    readonly verdict: string;
    readonly reason: string;
  }[];
  readonly "asked_at": string;
}

/**
 * Returns what a dewy with these settings would deploy if it were started here,
 * in the form of `GET /api/v1/plan`. Pauses after failures, windows and a
 * cooldown are left out: they are a matter of when.
 *
 * @throws {SourceError} When the registry cannot be read.
 */
export async function planOffline(
  options: OfflineOptions,
  signal: AbortSignal,
): Promise<PlanJson> {
  using source = await openSource({
    ...options,
    // The answers that hosts share in a bucket may be old.
    settings: { ...options.settings, cacheUrl: undefined },
    hostname: Deno.hostname(),
    emit: () => {},
  });
  const survey = await source.survey(signal);
  const last = await readLastRun(options.root);
  const { allowDowngrade } = options.settings;
  const comparing = { rules: source.rules, allowDowngrade };
  return {
    ...planOf(survey, last, comparing),
    asked_at: new Date().toISOString(),
  };
}

/** Returns the plan without its time. */
export function planOf(
  survey: Survey,
  last: LastRun,
  comparing: Comparing,
): Omit<PlanJson, "asked_at"> {
  const wanted = wantedOf(survey, last, comparing);
  const action = actionOf(wanted, last, comparing);
  return {
    action,
    versions: survey.map((one) => ({
      version: one.tag,
      ...judge(one, { action, last }),
    })),
  };
}

function wantedOf(
  survey: Survey,
  { pinned, rollback }: LastRun,
  { rules }: Comparing,
): SurveyedVersion | undefined {
  if (pinned !== "") return survey.find(({ tag }) => tag === pinned);
  const offered = survey.find(({ verdict }) => verdict === "offered");
  // A roll-back holds until something newer than what it left is offered.
  return rollback !== undefined && isLeft(offered?.tag, rollback, rules)
    ? survey.find(({ tag }) => tag === rollback.to)
    : offered;
}

function isLeft(
  tag: string | undefined,
  { from, to, also = [] }: Pick<RollbackMark, "from" | "to" | "also">,
  rules: VersionRules,
): boolean {
  if (tag === undefined || tag === to) return false;
  return tag === from || also.includes(tag) || isOlder(tag, from, rules);
}

/** Whether it would take an older version, which nobody asked for. */
function isDowngrade(
  { tag }: SurveyedVersion,
  { deployed, pinned, rollback }: LastRun,
  { rules, allowDowngrade }: Comparing,
): boolean {
  if (allowDowngrade || tag === pinned || tag === rollback?.to) return false;
  // Where the settings no longer let it through, someone wants another.
  return isOlder(tag, deployed || undefined, rules) &&
    newestFirst([deployed], rules).length > 0;
}

function actionOf(
  wanted: SurveyedVersion | undefined,
  last: LastRun,
  comparing: Comparing,
): PlanJson["action"] {
  const { deployed, pinned, isHeld, rollback } = last;
  const version = wanted?.tag ?? null;
  const skip = (code: string, reason: string) =>
    ({ kind: "skip", code, version, reason }) as const;
  if (wanted === undefined) {
    if (rollback !== undefined && rollback.to === deployed) {
      return skip("rolled-back", `${rollback.from} was rolled back from`);
    }
    return pinned === ""
      ? skip("incomplete", "the registry offers no version")
      : skip("filtered", `${pinned} is pinned, and not among the versions`);
  }
  if (wanted.tag === deployed) {
    return skip("up-to-date", `${deployed} is deployed`);
  }
  if (isDowngrade(wanted, last, comparing)) {
    const reason =
      `${version} is older than ${deployed}, which was in service last; --allow-downgrade would take it`;
    return skip("downgrade", reason);
  }
  if (isHeld) return skip("hold", 'deploys are on hold; "dewy resume" ends it');
  const reason = deployed === ""
    ? "first deploy"
    : `${deployed} was in service last`;
  return { kind: "deploy", code: "newer", version, reason };
}

function judge(
  { tag, verdict, reason }: SurveyedVersion,
  { action, last }: {
    readonly action: PlanJson["action"];
    readonly last: LastRun;
  },
): { readonly verdict: string; readonly reason: string } {
  if (tag === last.deployed) return { verdict: "current", reason };
  if (tag === action.version) {
    if (action.kind === "deploy") return { verdict: "chosen", reason };
    return action.code === "hold"
      ? { verdict: "waiting", reason: "deploys are on hold" }
      : { verdict: "older", reason: action.reason };
  }
  if (verdict !== "offered") return { verdict, reason };
  const refusal = last.pinned === ""
    ? "it was rolled back from, or is no newer"
    : `${last.pinned} is pinned`;
  return { verdict: "refused", reason: refusal };
}

/** Reads `.dewy/state.json`; a dewy that starts here goes by it. */
async function readLastRun(root: string): Promise<LastRun> {
  const state = Fields.of(await readState(join(root, ".dewy", "state.json")));
  const mark = state.object("rollback");
  return {
    ...(mark === undefined ? {} : {
      rollback: {
        from: mark.text("from"),
        to: mark.text("to"),
        also: mark.rawTexts("also") ?? [],
      },
    }),
    deployed: state.object("deployed")?.text("tag") ?? "",
    pinned: state.object("pin")?.text("tag") ?? "",
    isHeld: state.object("hold") !== undefined,
  };
}

async function readState(path: string): Promise<unknown> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    // A start here would know nothing either.
    const isNone = error instanceof Deno.errors.NotFound ||
      error instanceof SyntaxError;
    if (isNone) return undefined;
    throw error;
  }
}
