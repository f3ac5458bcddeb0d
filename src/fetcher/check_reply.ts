import { cacheKey, type Release, type VersionRules } from "../base/release.ts";
import { slashedTagProblem } from "../base/tag.ts";
import type { CacheEntry } from "../cache/cache.ts";
import type {
  IncompleteVersion,
  Latest,
  SurveyedVersion,
} from "../registry/registry.ts";
import type { TreePlan } from "../release/tree_plan.ts";
import {
  type Check,
  count,
  flag,
  list,
  nothing,
  oneOf,
  optional,
  record,
  ShapeError,
  sound,
  text,
  time,
} from "./check.ts";
import type { ObtainedArtifact } from "./source.ts";
import type { FetcherCalls } from "./worker.ts";

type Answer<M extends keyof FetcherCalls> = Awaited<
  ReturnType<FetcherCalls[M]>
>;

type Checks = {
  readonly [M in keyof FetcherCalls]: (
    ...args: Parameters<FetcherCalls[M]>
  ) => Check<Answer<M>>;
};

const tag = sound(slashedTagProblem);

const fileName = sound((value) =>
  value === "" || value === "." || value === ".." || /[/\0]/.test(value)
    ? "it is no file name"
    : undefined
);

const sha256 = sound((value) =>
  /^[0-9a-f]{64}$/i.test(value) ? undefined : "it is no SHA-256"
);

const rules = record<VersionRules>({
  calver: optional(text) as Check<string>,
  preRelease: flag,
  slot: text,
  constraint: optional(text) as Check<string>,
  chosenByServer: optional(flag) as Check<boolean>,
});

const release = record<Release>({
  id: text,
  tag,
  artifactUrl: text,
  artifactName: fileName,
  fingerprint: optional(text) as Check<string>,
  size: optional(count) as Check<number>,
  sha256: optional(sha256) as Check<string>,
  checksumUrls: list(text),
  publishedAt: optional(time) as Check<number>,
  slot: text,
});

const incomplete = list(record<IncompleteVersion>({
  tag,
  reason: text,
  publishedAt: time,
  withinGrace: flag,
}));

const latest: Check<Latest> = (value, field) => {
  const { kind } = record<{ kind: string }>({ kind: text })(value, field);
  const given = value as Record<string, unknown>;
  const part = <T>(name: string, check: Check<T>) =>
    check(given[name], `${field}.${name}`);
  switch (kind) {
    case "release":
      return {
        kind,
        release: part("release", release),
        incomplete: part("incomplete", incomplete),
      };
    case "incomplete":
      return { kind, incomplete: part("incomplete", incomplete) };
    case "filtered":
      return { kind, reason: part("reason", text) };
    default:
      throw new ShapeError(`${field}.kind is none that there is`);
  }
};

const survey = list(record<SurveyedVersion>({
  tag,
  verdict: oneOf(["offered", "incomplete", "filtered", "older"]),
  reason: text,
}));

const entry = record<CacheEntry>({
  key: fileName,
  path: text,
  bytes: count,
  sha256,
});

const obtained = record<ObtainedArtifact>({
  entry,
  fromCache: flag,
  verifiedBy: optional(text),
});

const plan = record<TreePlan>({
  entries: count,
  bytes: count,
  links: list(record<TreePlan["links"][number]>({ path: text, target: text })),
  directories: list(
    record<TreePlan["directories"][number]>({ path: text, mode: count }),
  ),
});

const CHECKS: Checks = {
  open: () => rules,
  latest: (wish) => (value, field) => {
    const answer = latest(value, field);
    const isOther = answer.kind === "release" && wish?.only !== undefined &&
      answer.release.tag !== wish.only;
    if (!isOther) return answer;
    throw new ShapeError(`${field}.release is not the one that was asked for`);
  },
  survey: () => survey,
  report: () => nothing,
  obtain: (asked) => (value, field) => {
    const answer = obtained(value, field);
    const { key, path } = answer.entry;
    if (key === cacheKey(asked) && path.endsWith(`/${key}`)) return answer;
    throw new ShapeError(`${field}.entry is not the one that was asked for`);
  },
  share: () => nothing,
  unpack: () => plan,
  remove: () => nothing,
  readCurrent: () => optional(text),
  writeCurrent: () => nothing,
  removeLeftovers: () => nothing,
  evict: () => list(fileName),
};

/**
 * Returns what an isolate answered to a call, as far as it can be believed: an
 * isolate reads bytes of others, and these may have taken it over.
 *
 * @throws {ShapeError} When it is no answer to this call.
 */
export function checkReply<M extends keyof FetcherCalls>(
  method: M,
  args: Parameters<FetcherCalls[M]>,
  value: unknown,
): Answer<M> {
  return CHECKS[method](...args)(value, `the answer to "${method}"`);
}
