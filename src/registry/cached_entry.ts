import type { SourceErrorCode } from "../base/errors.ts";
import type { Release } from "../base/release.ts";
import { slashedTagProblem } from "../base/tag.ts";
import { artifactNameOf } from "./artifact_name.ts";
import { readLatest } from "./cached_latest.ts";
import { isRecord, textOf } from "./cached_values.ts";
import type { Latest } from "./registry.ts";

/** A look-up as all hosts that share the cache understand it. */
export interface CachedResponse {
  readonly id: string;
  readonly tag: string;
  readonly artifactUrl: string;
  /** Unix milliseconds. */
  readonly createdAt?: number;
  readonly slot: string;
}

/** A look-up that failed, for the hosts that need not repeat it. */
export interface CachedFailure {
  readonly code: SourceErrorCode;
  readonly message: string;
  readonly hint?: string;
  /** When the first of these failures in a row was, Unix milliseconds. */
  readonly since: number;
  /** Nobody asks again before, Unix milliseconds. */
  readonly retryAt: number;
}

/** What the shared object says. Times are Unix milliseconds, 0 when there was none. */
export interface CachedEntry {
  readonly response?: CachedResponse;
  readonly fetchedAt: number;
  readonly lockedAt: number;
  /** `HOST:PID` of the holder, for people. */
  readonly lockedBy: string;
  /** The whole answer, which `response` has no room for; hosts of another kind leave it out. */
  readonly latest?: Latest;
  /** When `latest` was given. */
  readonly latestAt: number;
  readonly failure?: CachedFailure;
}

/** Nothing is known and nobody asks. */
export const EMPTY_ENTRY: CachedEntry = {
  fetchedAt: 0,
  lockedAt: 0,
  lockedBy: "",
  latestAt: 0,
};

const ZERO_TIME = "0001-01-01T00:00:00Z";

/** Reads the shared object; one that is broken says nothing, so that it is replaced. */
export function parseEntry(text: string): CachedEntry {
  const value = parseJson(text);
  if (!isRecord(value)) return EMPTY_ENTRY;
  const more = isRecord(value["more"]) ? value["more"] : {};
  const response = readResponse(value["response"]);
  const latest = readLatest(more["latest"]);
  const failure = readFailure(more["failure"]);
  return {
    fetchedAt: toTime(value["fetched_at"]),
    lockedAt: toTime(value["locked_at"]),
    lockedBy: textOf(value["locked_by"]),
    latestAt: toTime(more["latest_at"]),
    ...(response === undefined ? {} : { response }),
    ...(latest === undefined ? {} : { latest }),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** Writes it byte for byte as Go does, with what hosts of another kind ignore behind. */
export function formatEntry(entry: CachedEntry): string {
  const { response, lockedBy, latest, failure } = entry;
  const value = {
    response: response && {
      ID: response.id,
      Tag: response.tag,
      ArtifactURL: response.artifactUrl,
      CreatedAt: response.createdAt === undefined
        ? null
        : formatTime(response.createdAt),
      Slot: response.slot,
    },
    "fetched_at": formatTime(entry.fetchedAt),
    "locked_at": formatTime(entry.lockedAt),
    "locked_by": lockedBy === "" ? undefined : lockedBy,
    more: latest === undefined && failure === undefined ? undefined : {
      latest,
      "latest_at": latest && formatTime(entry.latestAt),
      failure: failure && {
        ...failure,
        since: formatTime(failure.since),
        retryAt: formatTime(failure.retryAt),
      },
    },
  };
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function toResponse(release: Release): CachedResponse {
  const { id, tag, artifactUrl, publishedAt, slot } = release;
  return {
    id,
    tag,
    artifactUrl,
    slot,
    ...(publishedAt === undefined ? {} : { createdAt: publishedAt }),
  };
}

/** Returns the entry after an answer; one without a release leaves the former one to hosts that know no other. */
export function answered(
  { response, fetchedAt }: CachedEntry,
  latest: Latest,
  now: number,
): CachedEntry {
  const isRelease = latest.kind === "release";
  const kept = isRelease ? toResponse(latest.release) : response;
  return {
    fetchedAt: isRelease ? now : fetchedAt,
    lockedAt: 0,
    lockedBy: "",
    latest,
    latestAt: now,
    ...(kept === undefined ? {} : { response: kept }),
  };
}

/** The answer that an entry holds. */
export interface CachedValue {
  readonly latest: Latest;
  /** When it was given, Unix milliseconds. */
  readonly at: number;
  /** Whether nothing of it is missing, such as checksums. */
  readonly isWhole: boolean;
}

/** Returns the newest answer that an entry holds. */
export function valueOf(entry: CachedEntry): CachedValue | undefined {
  const { response, latest, latestAt, fetchedAt } = entry;
  if (latest !== undefined && latestAt >= fetchedAt) {
    return { latest, at: latestAt, isWhole: true };
  }
  const release = response && toRelease(response);
  return release && {
    latest: { kind: "release", release, incomplete: [] },
    at: fetchedAt,
    isWhole: false,
  };
}

function toRelease(response: CachedResponse): Release | undefined {
  const { id, tag, artifactUrl, createdAt, slot } = response;
  const artifactName = artifactNameOf(artifactUrl);
  // Whoever wrote it, a host may have to use it as a file name.
  if (slashedTagProblem(tag) !== undefined || artifactName === undefined) {
    return undefined;
  }
  return {
    id,
    tag,
    artifactUrl,
    artifactName,
    slot,
    checksumUrls: [],
    ...(createdAt === undefined ? {} : { publishedAt: createdAt }),
  };
}

function readResponse(value: unknown): CachedResponse | undefined {
  if (!isRecord(value)) return undefined;
  const createdAt = toTime(value["CreatedAt"]);
  return {
    id: textOf(value["ID"]),
    tag: textOf(value["Tag"]),
    artifactUrl: textOf(value["ArtifactURL"]),
    slot: textOf(value["Slot"]),
    ...(createdAt === 0 ? {} : { createdAt }),
  };
}

const CODES: readonly SourceErrorCode[] = [
  "unavailable",
  "not-found",
  "denied",
  "invalid",
  "timeout",
];

function readFailure(value: unknown): CachedFailure | undefined {
  if (!isRecord(value)) return undefined;
  const hint = textOf(value["hint"]);
  return {
    code: CODES.find((code) => code === value["code"]) ?? "unavailable",
    message: textOf(value["message"]) || "The registry cannot be read",
    since: toTime(value["since"]),
    retryAt: toTime(value["retryAt"]),
    ...(hint === "" ? {} : { hint }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A write that was cut off, or a stranger's object.
    return undefined;
  }
}

function toTime(value: unknown): number {
  const ms = Date.parse(textOf(value));
  return Number.isNaN(ms) || ms < 0 ? 0 : ms;
}

function formatTime(ms: number): string {
  if (ms === 0) return ZERO_TIME;
  return new Date(ms).toISOString().replace(/\.?0*Z$/, "Z");
}
