import assert from "node:assert/strict";
import type { Release } from "../../../src/base/release.ts";
import { decide, type Situation } from "../../../src/supervisor/decide.ts";
import {
  EMPTY_STATE,
  type FailedRelease,
  type State,
} from "../../../src/supervisor/state.ts";

const NOW = Date.parse("2026-01-15T12:00:00Z");
const MINUTE = 60_000;
const ARTIFACT = "app_linux_amd64.tar.gz";

Deno.test("decide() deploys the first version there is", () => {
  const action = decide(situation({ offered: "v1.0.0" }));
  assert.equal(action.kind, "deploy");
  assert.equal(action.reason, "first deploy");
});

Deno.test("decide() leaves the deployed version alone", () => {
  const action = decide(
    situation({ offered: "v1.0.0", state: deployed("v1.0.0") }),
  );
  assert.deepEqual(action, {
    kind: "skip",
    code: "up-to-date",
    reason: "v1.0.0 is deployed",
    tag: "v1.0.0",
  });
});

Deno.test("decide() deploys the same version again when it is missing on disk", () => {
  const action = decide(
    situation({
      offered: "v1.0.0",
      state: deployed("v1.0.0"),
      intact: false,
    }),
  );
  assert.equal(action.kind, "deploy");
  assert.equal(action.reason, "the deployed release is missing on disk");
});

Deno.test("decide() deploys a newer version and names the older one", () => {
  const action = decide(
    situation({ offered: "v1.10.0", state: deployed("v1.9.0") }),
  );
  assert.equal(action.kind, "deploy");
  assert.equal(action.reason, "newer than v1.9.0");
});

Deno.test("decide() deploys another artifact of the same version", () => {
  const action = decide({
    ...situation({ offered: "v1.0.0", state: deployed("v1.0.0") }),
    latest: offer("v1.0.0", { artifactName: "other_linux_amd64.zip" }),
  });
  assert.equal(action.kind, "deploy");
  assert.equal(action.reason, "another artifact than that of v1.0.0");
});

Deno.test("decide() follows a registry that chooses itself to an older version", () => {
  const older = situation({ offered: "v1.9.0", state: deployed("v1.10.0") });
  assert.equal(decide(older).kind, "skip");
  const rules = { ...older.rules, chosenByServer: true };
  const action = decide({ ...older, rules });
  assert.equal(action.kind, "deploy");
  assert.equal(action.reason, "older than v1.10.0, as the settings ask");
});

Deno.test("decide() passes on why the registry lets nothing through", () => {
  const action = decide({
    ...situation({ offered: "v1.0.0" }),
    latest: { kind: "filtered", reason: 'no version of slot "blue"' },
  });
  assert.deepEqual(action, {
    kind: "skip",
    code: "filtered",
    reason: 'no version of slot "blue"',
  });
});

Deno.test("decide() names the newest version that is incomplete", () => {
  const incomplete = ["v2.0.0", "v1.0.0"].map((tag) => ({
    tag,
    reason: `artifact not found: ${tag}`,
    publishedAt: NOW,
    withinGrace: true,
  }));
  assert.deepEqual(
    decide({
      ...situation({ offered: "v1.0.0" }),
      latest: { kind: "incomplete", incomplete },
    }),
    {
      kind: "skip",
      code: "incomplete",
      reason: "artifact not found: v2.0.0",
      tag: "v2.0.0",
    },
  );
});

Deno.test("decide() waits out the pause after a failure and says why and until when", () => {
  const state = { ...deployed("v1.0.0"), failures: [failed("v2.0.0")] };
  const action = decide(situation({ offered: "v2.0.0", state }));
  const code = "failed-before";
  const reason =
    "v2.0.0 failed 1 time: it is broken; next attempt after 2026-01-15T12:05:00.000Z";
  const until = NOW + 5 * MINUTE;
  assert.deepEqual(action, {
    kind: "skip",
    code,
    reason,
    tag: "v2.0.0",
    waits: [{ version: "v2.0.0", code, reason, until }],
  });
});

Deno.test("decide() counts several failures in the plural", () => {
  const failures = [{ ...failed("v2.0.0"), attempts: 3 }];
  const action = decide(
    situation({ offered: "v2.0.0", state: { ...EMPTY_STATE, failures } }),
  );
  assert.match(action.reason, /^v2\.0\.0 failed 3 times: /);
});

Deno.test("decide() tries a failed version again when its pause is over", () => {
  const failures = [{ ...failed("v2.0.0"), retryAt: NOW }];
  const state = { ...deployed("v1.0.0"), failures };
  const action = decide(situation({ offered: "v2.0.0", state }));
  assert.equal(action.kind, "deploy");
});

Deno.test("decide() tries a failed version at once when other bytes are published", () => {
  const failures = [{ ...failed("v2.0.0"), fingerprint: "earlier" }];
  const state = { ...deployed("v1.0.0"), failures };
  const action = decide(situation({ offered: "v2.0.0", state }));
  assert.equal(action.kind, "deploy");
});

Deno.test("decide() lets no failure of another version stand in the way", () => {
  const state = { ...deployed("v1.0.0"), failures: [failed("v2.0.0")] };
  const action = decide(situation({ offered: "v3.0.0", state }));
  assert.equal(action.kind, "deploy");
});

Deno.test("decide() does not wait a day when the clock was set back", () => {
  const lastAt = NOW + 24 * 60 * MINUTE;
  const retryAt = lastAt + 30 * MINUTE;
  const failures = [{ ...failed("v2.0.0"), lastAt, retryAt }];
  const state = { ...deployed("v1.0.0"), failures };
  const action = decide(situation({ offered: "v2.0.0", state }));
  assert.equal(action.kind, "deploy");
});

Deno.test("decide() refuses an older version and names the option that takes it", () => {
  const action = decide(
    situation({ offered: "v1.9.0", state: deployed("v1.10.0") }),
  );
  assert.deepEqual(action, {
    kind: "skip",
    code: "downgrade",
    reason:
      "v1.9.0 is older than v1.10.0, which is deployed; --allow-downgrade would take it",
    tag: "v1.9.0",
  });
});

Deno.test("decide() takes an older version when that is allowed", () => {
  const action = decide({
    ...situation({ offered: "v1.9.0", state: deployed("v1.10.0") }),
    allowDowngrade: true,
  });
  assert.equal(action.kind, "deploy");
  assert.equal(action.reason, "older than v1.10.0, as the settings ask");
});

Deno.test("decide() takes an older version when the settings no longer let the deployed one through", () => {
  const action = decide({
    ...situation({ offered: "v1.9.0", state: deployed("v2.0.0") }),
    rules: { preRelease: false, slot: "", constraint: "^1.0" },
  });
  assert.equal(action.kind, "deploy");
  assert.equal(action.reason, "older than v2.0.0, as the settings ask");
});

Deno.test("decide() takes an older version when the deployed one is gone from the disk", () => {
  const action = decide(
    situation({
      offered: "v1.9.0",
      state: deployed("v1.10.0"),
      intact: false,
    }),
  );
  assert.equal(action.kind, "deploy");
});

Deno.test("decide() tries a release that failed before when asked for one tick", () => {
  const failure = {
    tag: "v2.0.0",
    key: `v2.0.0--${ARTIFACT}`,
    fingerprint: "now",
    reason: "it did not start",
    quarantined: false,
    attempts: 3,
    lastAt: NOW,
    retryAt: NOW + 60_000,
  };
  const state = { ...EMPTY_STATE, failures: [failure] };
  const given = { offered: "v2.0.0", state };
  const now = decide(situation({ ...given, ignoreFailures: true }));
  const later = decide(situation({ ...given, ignoreFailures: false }));
  assert.deepEqual([now.kind, later.kind], ["deploy", "skip"]);
});

Deno.test("decide() deploys over a release whose version is not known", () => {
  const action = decide(
    situation({ offered: "v1.0.0", state: deployed("20260101T000000Z") }),
  );
  assert.equal(action.kind, "deploy");
});

function situation(
  given: {
    readonly offered: string;
    readonly state?: State;
    readonly intact?: boolean;
    readonly diverted?: boolean;
    readonly ignoreFailures?: boolean;
  },
): Situation {
  return {
    latest: offer(given.offered),
    state: given.state ?? EMPTY_STATE,
    intact: given.intact ?? true,
    diverted: given.diverted ?? false,
    ignoreFailures: given.ignoreFailures ?? false,
    rules: { preRelease: false, slot: "" },
    allowDowngrade: false,
    cooldownMs: 0,
    windows: [],
    now: NOW,
  };
}

function offer(tag: string, changes: Partial<Release> = {}) {
  const release: Release = {
    id: tag,
    tag,
    artifactUrl: `file:///registry/${tag}/${ARTIFACT}`,
    artifactName: ARTIFACT,
    fingerprint: "now",
    checksumUrls: [],
    slot: "",
    ...changes,
  };
  return { kind: "release", release, incomplete: [] } as const;
}

function deployed(tag: string): State {
  const path = "/srv/app/releases/20260101T000000Z";
  const key = `${tag}--${ARTIFACT}`;
  return { ...EMPTY_STATE, deployed: { tag, key, path, at: NOW } };
}

function failed(tag: string): FailedRelease {
  return {
    tag,
    key: `${tag}--${ARTIFACT}`,
    fingerprint: "now",
    reason: "it is broken",
    quarantined: false,
    attempts: 1,
    lastAt: NOW,
    retryAt: NOW + 5 * MINUTE,
  };
}
