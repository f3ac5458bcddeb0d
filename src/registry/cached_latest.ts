import type { Release } from "../base/release.ts";
import { slashedTagProblem } from "../base/tag.ts";
import {
  isCount,
  isFileName,
  isRecord,
  isSha256,
  isTime,
  listOf,
  textOf,
} from "./cached_values.ts";
import type { IncompleteVersion, Latest } from "./registry.ts";

/** Reads an answer that another host wrote, or returns `undefined` when it is none. */
export function readLatest(value: unknown): Latest | undefined {
  if (!isRecord(value)) return undefined;
  switch (value["kind"]) {
    case "release": {
      const release = readRelease(value["release"]);
      const incomplete = readIncomplete(value["incomplete"]);
      return release && { kind: "release", release, incomplete };
    }
    case "incomplete": {
      const incomplete = readIncomplete(value["incomplete"]);
      return { kind: "incomplete", incomplete };
    }
    case "filtered":
      return { kind: "filtered", reason: textOf(value["reason"]) };
    default:
      return undefined;
  }
}

function readRelease(value: unknown): Release | undefined {
  if (!isRecord(value)) return undefined;
  const { tag, artifactUrl, artifactName } = value;
  const { fingerprint, size, sha256, publishedAt } = value;
  if (slashedTagProblem(textOf(tag)) !== undefined || !textOf(artifactUrl)) {
    return undefined;
  }
  if (!isFileName(textOf(artifactName))) return undefined;
  return {
    id: textOf(value["id"]),
    tag: textOf(tag),
    artifactUrl: textOf(artifactUrl),
    artifactName: textOf(artifactName),
    slot: textOf(value["slot"]),
    checksumUrls: listOf(value["checksumUrls"]).map(textOf).filter(Boolean),
    ...(typeof fingerprint === "string" ? { fingerprint } : {}),
    ...(isCount(size) ? { size } : {}),
    ...(isSha256(sha256) ? { sha256 } : {}),
    ...(isTime(publishedAt) ? { publishedAt } : {}),
  };
}

function readIncomplete(value: unknown): IncompleteVersion[] {
  const versions = listOf(value).filter(isRecord)
    .filter(({ tag }) => slashedTagProblem(textOf(tag)) === undefined);
  return versions.map((version) => ({
    tag: textOf(version["tag"]),
    reason: textOf(version["reason"]),
    publishedAt: isTime(version["publishedAt"]) ? version["publishedAt"] : 0,
    withinGrace: version["withinGrace"] === true,
  }));
}
