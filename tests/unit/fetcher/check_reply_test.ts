import { deepEqual, throws } from "node:assert/strict";
import type { Release } from "../../../src/base/release.ts";
import { ShapeError } from "../../../src/fetcher/check.ts";
import { checkEvent } from "../../../src/fetcher/check_event.ts";
import { checkReply } from "../../../src/fetcher/check_reply.ts";
import { unpack } from "../../../src/fetcher/rpc.ts";
import type { ObtainOptions } from "../../../src/fetcher/source.ts";

const RELEASE: Release = {
  id: "1",
  tag: "v1.2.3+blue",
  artifactUrl: "s3://r/b/v1.2.3/app.zip",
  artifactName: "app.zip",
  fingerprint: "f",
  size: 10,
  sha256: "a1".repeat(32),
  checksumUrls: ["s3://r/b/v1.2.3/app.zip.sha256"],
  publishedAt: 1_700_000_000_000,
  slot: "blue",
};
const INCOMPLETE = {
  tag: "release/2026.01",
  reason: "artifact not found",
  publishedAt: 0,
  withinGrace: true,
};
const ENTRY = {
  key: "v1.2.3+blue--app.zip",
  path: "/var/cache/v1.2.3+blue--app.zip",
  bytes: 10,
  sha256: "a1".repeat(32),
};
const OPTIONS: ObtainOptions = {
  trustedSha256: undefined,
  requireChecksum: false,
  maxBytes: 1,
};

const sparse: unknown[] = [];
sparse.length = 2 ** 32 - 1;

/** Values that a field must not have. */
const BAD: Readonly<Record<keyof Release, readonly unknown[]>> = {
  id: [undefined, 1, "x".repeat(100_000)],
  tag: [
    undefined,
    "",
    7,
    "..",
    "../../x",
    "a//b",
    "a/../b",
    "/etc",
    "a\0b",
    "a\nb",
    "a\\b",
    "v".repeat(1000),
    {},
  ],
  artifactUrl: [undefined, null, []],
  artifactName: [undefined, "", ".", "..", "a/b", "a\0", 1],
  fingerprint: [null, 1],
  size: [NaN, -1, 1.5, Infinity, "10", 2 ** 60, null],
  sha256: ["", "zz", "a".repeat(63), null, 1],
  checksumUrls: [undefined, "x", [1], { length: 1 }, sparse],
  publishedAt: [NaN, Infinity, 1e300, "now", null],
  slot: [undefined, 1],
};

function latestOf(release: unknown, incomplete: unknown = [INCOMPLETE]) {
  return checkReply("latest", [], { kind: "release", release, incomplete });
}

Deno.test("checkReply() takes what the drivers answer, and nothing more of it", () => {
  deepEqual(latestOf({ ...RELEASE, more: "x" }), {
    kind: "release",
    release: RELEASE,
    incomplete: [INCOMPLETE],
  });
  const { id, tag, artifactUrl, artifactName, slot } = RELEASE;
  const small = { id, tag, artifactUrl, artifactName, slot, checksumUrls: [] };
  deepEqual(latestOf({ ...small, size: undefined }, []), {
    kind: "release",
    release: small,
    incomplete: [],
  });
  const filtered = { kind: "filtered", reason: "no" } as const;
  deepEqual(checkReply("latest", [], filtered), filtered);
  const rules = { preRelease: false, slot: "", constraint: "^1" };
  deepEqual(checkReply("open", [SETTINGS], rules), rules);
  const obtained = { entry: ENTRY, fromCache: false, verifiedBy: "registry" };
  deepEqual(checkReply("obtain", [RELEASE, OPTIONS], obtained), obtained);
});

for (const [field, values] of Object.entries(BAD)) {
  Deno.test(`checkReply() refuses a release whose ${field} cannot be`, () => {
    for (const value of values) {
      throws(() => latestOf({ ...RELEASE, [field]: value }), ShapeError);
    }
  });
}

Deno.test("checkReply() refuses what is no answer to the call", () => {
  const refuse = (task: () => unknown) => throws(task, ShapeError);
  for (const value of [undefined, null, 1, "x", [], {}, { kind: "x" }]) {
    refuse(() => checkReply("latest", [], value));
  }
  for (const [name, value] of [["tag", "a\n"], ["publishedAt", NaN]] as const) {
    refuse(() => latestOf(RELEASE, [{ ...INCOMPLETE, [name]: value }]));
  }
  refuse(() => checkReply("report", [REPORT], "done"));
  refuse(() => checkReply("evict", [1, []], ["../x"]));
  refuse(() => checkReply("readCurrent", [], 1));
  const others = [
    { key: "v9--app.zip" },
    { path: "/etc/shadow" },
    { bytes: NaN },
    { sha256: "x" },
  ];
  for (const other of others) {
    const answer = { entry: { ...ENTRY, ...other }, fromCache: false };
    refuse(() => checkReply("obtain", [RELEASE, OPTIONS], answer));
  }
  const plan = { entries: 1, bytes: 1, links: [], directories: [] };
  const archive = { path: "/a", name: "a.tar" };
  const limits = { maxBytes: 1, maxFileBytes: 1, maxEntries: 1, maxDepth: 1 };
  for (
    const bad of [
      { entries: -1 },
      { links: [{ path: 1, target: "x" }] },
      { directories: [{ path: "x", mode: "7" }] },
    ]
  ) {
    refuse(() =>
      checkReply("unpack", [archive, "/d", limits], { ...plan, ...bad })
    );
  }
});

Deno.test("checkEvent() refuses what is no event of an isolate", () => {
  const outage = { type: "registry-outage", sinceMs: 1, reason: "r" };
  deepEqual(checkEvent({ ...outage, phase: "begun", more: 1 }), {
    ...outage,
    phase: "begun",
  });
  const events = [
    { ...outage, phase: "never" },
    { ...outage, phase: "over", sinceMs: NaN },
    { type: "registry-refreshed", node: 1 },
    { type: "registry-cache-failed", step: "read", error: "e", first: true },
    { type: "deploy-failed" },
    { type: "toString" },
    null,
  ];
  for (const event of events) throws(() => checkEvent(event), ShapeError);
});

Deno.test("unpack() refuses an error that none of ours is", () => {
  const error = { packedError: true, name: "SourceError", message: "m" };
  const errors = [
    { ...error, code: "worse" },
    { ...error, code: "denied", retryAfterMs: NaN },
    { ...error, code: "denied", hint: 1 },
    { ...error, code: "denied", message: {} },
    { ...error, name: "ArtifactError", code: "x" },
    sparse,
  ];
  for (const value of errors) throws(() => unpack(value), TypeError);
});

const SETTINGS = {
  registryUrl: "",
  cacheUrl: undefined,
  slot: "",
  calver: undefined,
  platform: { os: "linux", arch: "amd64" },
  maxArtifactBytes: 1,
  requireChecksum: false,
  node: "",
  cwd: "/",
  env: {},
};
const REPORT = {
  release: RELEASE,
  command: "server",
  host: "h",
  at: 0,
} as const;
