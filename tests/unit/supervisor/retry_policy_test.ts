import assert from "node:assert/strict";
import {
  ApplicationError,
  ArtifactError,
  FilesystemError,
  SourceError,
} from "../../../src/base/errors.ts";
import {
  decideRetry,
  decideRetryAfterCrash,
  decideRetryAfterCrashLoop,
} from "../../../src/supervisor/retry_policy.ts";

const MINUTE = 60_000;

const CASES: readonly {
  readonly what: string;
  readonly error: unknown;
  readonly firstMs: number;
  readonly maxMs: number;
  readonly quarantined: boolean;
}[] = [
  {
    what: "bad bytes",
    error: new ArtifactError("corrupt", "It is corrupt"),
    firstMs: 5 * MINUTE,
    maxMs: 60 * MINUTE,
    quarantined: true,
  },
  {
    what: "a download that broke off",
    error: new ArtifactError("length", "It is short"),
    firstMs: 10_000,
    maxMs: 2 * MINUTE,
    quarantined: false,
  },
  {
    what: "a program that did not start",
    error: new ApplicationError("It exited"),
    firstMs: MINUTE,
    maxMs: 60 * MINUTE,
    quarantined: false,
  },
  {
    what: "a full disk",
    error: new FilesystemError("It is full"),
    firstMs: 30_000,
    maxMs: 5 * MINUTE,
    quarantined: false,
  },
  {
    what: "a source that is away",
    error: new SourceError("unavailable", "It is away"),
    firstMs: 10_000,
    maxMs: 2 * MINUTE,
    quarantined: false,
  },
  {
    what: "a defect",
    error: "thrown",
    firstMs: 10_000,
    maxMs: 2 * MINUTE,
    quarantined: false,
  },
];

for (const { what, error, firstMs, maxMs, quarantined } of CASES) {
  Deno.test(`decideRetry() doubles the pause after ${what} up to its limit`, () => {
    assert.deepEqual(decideRetry(error, 1, 0), {
      delayMs: firstMs,
      quarantined,
    });
    assert.equal(decideRetry(error, 2, 0).delayMs, 2 * firstMs);
    assert.equal(decideRetry(error, 50, 0).delayMs, maxMs);
  });
}

Deno.test("decideRetry() waits as long as the source asks, up to an hour", () => {
  const delayAfter = (retryAfterMs: number) =>
    decideRetry(
      new SourceError("unavailable", "Come back later", { retryAfterMs }),
      1,
      0,
    ).delayMs;
  assert.equal(delayAfter(1_000), 10_000);
  assert.equal(delayAfter(20 * MINUTE), 20 * MINUTE);
  assert.equal(delayAfter(1e12), 60 * MINUTE);
});

Deno.test("decideRetryAfterCrashLoop() waits hours: another try costs requests", () => {
  assert.deepEqual(
    [1, 2, 50].map((attempts) => decideRetryAfterCrashLoop(attempts, 0)),
    [60 * MINUTE, 120 * MINUTE, 24 * 60 * MINUTE],
  );
});

Deno.test("decideRetryAfterCrash() tries twice at once and then with growing pauses", () => {
  assert.deepEqual(
    [1, 2, 3, 4, 50].map((attempts) => decideRetryAfterCrash(attempts, 0)),
    [0, 0, MINUTE, 2 * MINUTE, 60 * MINUTE],
  );
});
