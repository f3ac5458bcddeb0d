import { SourceError } from "../base/errors.ts";

/** A file of a release. */
export interface GithubAsset {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  /** Whether all of it is there; an upload that broke off stays in another state. */
  readonly isUploaded: boolean;
  /** ISO 8601; changes with its bytes. */
  readonly updatedAt: string;
  /** SHA-256 in lower-case hex, when GitHub computed it. */
  readonly sha256?: string;
}

/** A release, cut to what dewy uses. */
export interface GithubRelease {
  readonly id: number;
  readonly tag: string;
  readonly isDraft: boolean;
  /** Unix milliseconds. */
  readonly publishedAt: number;
  /** Audit records are left out: there is one for every host and deploy. */
  readonly assets: readonly GithubAsset[];
  /** Template of the address for new assets: `https://…/assets{?name,label}`. */
  readonly uploadUrl: string;
}

const AUDIT_RECORD = /^shipped_to_.*_at_.*\.txt$/;

/**
 * Reads a list of releases as the API answers it.
 *
 * @throws {SourceError} `unavailable` when the answer broke off, `invalid` when it is something else.
 */
export function readReleases(data: unknown): GithubRelease[] {
  if (!Array.isArray(data)) throw unreadable(data);
  return data.map(readRelease);
}

/**
 * Reads one release as the API answers it.
 *
 * @throws {SourceError} As {@link readReleases}.
 */
export function readRelease(data: unknown): GithubRelease {
  if (!isRecord(data)) throw unreadable(data);
  const { id, tag_name: tag, upload_url: uploadUrl, assets } = data;
  if (
    typeof id !== "number" || typeof tag !== "string" ||
    typeof uploadUrl !== "string" || !Array.isArray(assets)
  ) {
    throw unreadable(data);
  }
  return {
    id,
    tag,
    uploadUrl,
    isDraft: data["draft"] === true,
    // Drafts alone have no time of publication.
    publishedAt: readTime(data["published_at"]) ??
      readTime(data["created_at"]) ?? 0,
    assets: assets.map(readAsset)
      .filter(({ name }) => !AUDIT_RECORD.test(name)),
  };
}

function readAsset(data: unknown): GithubAsset {
  if (!isRecord(data)) throw unreadable(data);
  const { id, name, size, state, digest, updated_at: updatedAt } = data;
  if (
    typeof id !== "number" || typeof name !== "string" ||
    typeof size !== "number"
  ) {
    throw unreadable(data);
  }
  const sha256 = /^sha256:([0-9a-f]{64})$/i.exec(String(digest ?? ""))?.[1];
  return {
    id,
    name,
    bytes: size,
    isUploaded: state === "uploaded",
    updatedAt: String(updatedAt ?? ""),
    ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
  };
}

function readTime(value: unknown): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The library hands over as text what it could not read as JSON, which is how a broken connection looks. */
function unreadable(data: unknown): SourceError {
  return typeof data === "string"
    ? new SourceError("unavailable", "The answer broke off", {
      hint: "Check the network; dewy tries again by itself",
    })
    : new SourceError("invalid", "The answer has not the form of GitHub's API");
}
