import { deepEqual, equal } from "node:assert/strict";
import {
  EMPTY_ENTRY,
  formatEntry,
  parseEntry,
  valueOf,
} from "../../../src/registry/cached_entry.ts";

const AT = Date.UTC(2024, 0, 15, 10);
const FRESH =
  '{"response":{"ID":"20240115T193045+0900","Tag":"v1.2.3","ArtifactURL":"ghr://o/r/tag/v1.2.3/app_linux_amd64.tar.gz","CreatedAt":"2024-01-15T10:00:00Z","Slot":""},"fetched_at":"2024-01-15T10:00:00Z","locked_at":"0001-01-01T00:00:00Z"}';
const CLAIM =
  '{"fetched_at":"0001-01-01T00:00:00Z","locked_at":"2024-01-15T10:00:00Z","locked_by":"web1:4321"}';

Deno.test("entries of other hosts are read, and written back byte for byte", () => {
  deepEqual(parseEntry(CLAIM), {
    ...EMPTY_ENTRY,
    lockedAt: AT,
    lockedBy: "web1:4321",
  });
  for (const text of [FRESH, CLAIM]) equal(formatEntry(parseEntry(text)), text);
});

Deno.test("valueOf() derives the release from what other hosts write", () => {
  deepEqual(valueOf(parseEntry(FRESH)), {
    latest: {
      kind: "release",
      incomplete: [],
      release: {
        id: "20240115T193045+0900",
        tag: "v1.2.3",
        artifactUrl: "ghr://o/r/tag/v1.2.3/app_linux_amd64.tar.gz",
        artifactName: "app_linux_amd64.tar.gz",
        checksumUrls: [],
        publishedAt: AT,
        slot: "",
      },
    },
    at: AT,
    isWhole: false,
  });
  equal(valueOf(parseEntry(CLAIM)), undefined);
});

Deno.test("formatEntry() writes times and characters as Go does", () => {
  const text = formatEntry({
    ...EMPTY_ENTRY,
    fetchedAt: AT + 120,
    response: {
      id: "",
      tag: "v1\u2028",
      artifactUrl: "s3://r/b/a.zip?x=1&y=<2>",
      slot: "",
    },
  });
  equal(
    text,
    '{"response":{"ID":"","Tag":"v1\\u2028","ArtifactURL":"s3://r/b/a.zip?x=1\\u0026y=\\u003c2\\u003e","CreatedAt":null,"Slot":""},"fetched_at":"2024-01-15T10:00:00.12Z","locked_at":"0001-01-01T00:00:00Z"}',
  );
  equal(parseEntry(text).response?.artifactUrl, "s3://r/b/a.zip?x=1&y=<2>");
});

Deno.test("parseEntry() reads times of any zone and precision", () => {
  const text = CLAIM.replace(
    "2024-01-15T10:00:00Z",
    "2024-01-15T19:00:00.123456789+09:00",
  );
  equal(parseEntry(text).lockedAt, AT + 123);
});

Deno.test("an answer survives the cache whole", () => {
  const release = {
    id: "1",
    tag: "v1",
    artifactUrl: "s3://r/b/v1/a.zip",
    artifactName: "a.zip",
    checksumUrls: ["s3://r/b/v1/a.zip.sha256"],
    fingerprint: "f",
    size: 3,
    sha256: "0".repeat(64),
    publishedAt: AT,
    slot: "blue",
  };
  const incomplete = [
    { tag: "v2", reason: "not there", publishedAt: AT, withinGrace: true },
  ];
  const slashed = { ...release, tag: "release/2024.01" };
  const answers = [
    { kind: "release", release, incomplete },
    { kind: "release", release: slashed, incomplete },
    { kind: "incomplete", incomplete },
    { kind: "filtered", reason: "no version matches" },
  ] as const;
  for (const latest of answers) {
    const entry = { ...EMPTY_ENTRY, latest, latestAt: AT };
    const read = parseEntry(formatEntry(entry));
    deepEqual(read, entry);
    deepEqual(valueOf(read), { latest, at: AT, isWhole: true });
  }
  const failure = {
    code: "denied",
    message: "m",
    hint: "h",
    since: AT,
    retryAt: AT + 1,
  } as const;
  deepEqual(
    parseEntry(formatEntry({ ...EMPTY_ENTRY, failure })).failure,
    failure,
  );
});

Deno.test("valueOf() prefers what was given last", () => {
  const latest = { kind: "filtered", reason: "r" } as const;
  const older = { ...parseEntry(FRESH), latest, latestAt: AT - 1 };
  equal(valueOf(older)?.latest.kind, "release");
  equal(valueOf({ ...older, latestAt: AT })?.latest.kind, "filtered");
});

Deno.test("parseEntry() takes a broken object for an empty one", () => {
  const broken = ["", "{", "[]", "null", "7", '{"response":[],"more":3}'];
  for (const text of broken) deepEqual(parseEntry(text), EMPTY_ENTRY, text);
  const odd =
    '{"response":{"Tag":"v1","ArtifactURL":"x"},"fetched_at":"soon","more":{"latest":{"kind":"release","release":{}},"failure":{"code":"x"}}}';
  equal(valueOf(parseEntry(odd)), undefined);
  equal(parseEntry(odd).failure?.code, "unavailable");
});
