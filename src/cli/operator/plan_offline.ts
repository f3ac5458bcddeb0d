import { join } from "node:path";
import type { Survey, SurveyedVersion } from "../../registry/registry.ts";
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
  readonly rollback?: { readonly from: string; readonly to: string };
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
  return { ...planOf(survey, last), asked_at: new Date().toISOString() };
}

/** Returns the plan without its time. */
export function planOf(
  survey: Survey,
  last: LastRun,
): Omit<PlanJson, "asked_at"> {
  const wanted = wantedOf(survey, last);
  return {
    action: actionOf(wanted, last),
    versions: survey.map((one) => ({
      version: one.tag,
      ...judge(one, { wanted, last }),
    })),
  };
}

function wantedOf(
  survey: Survey,
  { pinned, rollback }: LastRun,
): SurveyedVersion | undefined {
  if (pinned !== "") return survey.find(({ tag }) => tag === pinned);
  const offered = survey.findIndex(({ verdict }) => verdict === "offered");
  const from = survey.findIndex(({ tag }) => tag === rollback?.from);
  // A roll-back holds until something newer than what it left is offered.
  return rollback === undefined || from < 0 || offered < from
    ? survey[offered]
    : survey.find(({ tag }) => tag === rollback.to);
}

function actionOf(
  wanted: SurveyedVersion | undefined,
  { deployed, pinned, isHeld }: LastRun,
): PlanJson["action"] {
  const version = wanted?.tag ?? null;
  const skip = (code: string, reason: string) =>
    ({ kind: "skip", code, version, reason }) as const;
  if (wanted === undefined) {
    return pinned === ""
      ? skip("incomplete", "the registry offers no version")
      : skip("filtered", `${pinned} is pinned, and not among the versions`);
  }
  if (wanted.tag === deployed) {
    return skip("up-to-date", `${deployed} is deployed`);
  }
  if (isHeld) return skip("hold", 'deploys are on hold; "dewy resume" ends it');
  const reason = deployed === ""
    ? "first deploy"
    : `${deployed} was in service last`;
  return { kind: "deploy", code: "newer", version, reason };
}

function judge(
  { tag, verdict, reason }: SurveyedVersion,
  { wanted, last }: {
    readonly wanted: SurveyedVersion | undefined;
    readonly last: LastRun;
  },
): { readonly verdict: string; readonly reason: string } {
  if (tag === last.deployed) return { verdict: "current", reason };
  if (tag === wanted?.tag) {
    return last.isHeld
      ? { verdict: "waiting", reason: "deploys are on hold" }
      : { verdict: "chosen", reason };
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
    ...(mark === undefined
      ? {}
      : { rollback: { from: mark.text("from"), to: mark.text("to") } }),
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
