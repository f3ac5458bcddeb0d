import assert from "node:assert/strict";
import type { DeployEvent } from "../../../src/base/event.ts";
import { systemClock } from "../../../src/base/time.ts";
import { FileCache } from "../../../src/cache/file.ts";
import type { Application } from "../../../src/process/application.ts";
import { unpackArchive } from "../../../src/release/extract.ts";
import { ReleaseStore } from "../../../src/release/release_store.ts";
import { decideRollback, rollBack } from "../../../src/supervisor/roll_back.ts";
import {
  completeDeploy,
  type DeployedRelease,
  EMPTY_STATE,
} from "../../../src/supervisor/state.ts";
import { StateFile } from "../../../src/supervisor/state_file.ts";
import { WIDE_LIMITS } from "../../support/extract_support.ts";
import { TempDir } from "../../support/temp_dir.ts";

const MINUTE = 60_000;
const NOW = Date.parse("2026-01-15T12:00:00Z");

Deno.test("decideRollback() takes back a release that dies three times soon after its deploy", () => {
  const rollback = decideRollback(twoDeploys(NOW - 9 * MINUTE), 3, NOW);
  assert.equal(rollback?.bad.tag, "v2");
  assert.equal(rollback?.good.tag, "v1");
});

Deno.test("decideRollback() lets a worker die twice", () => {
  assert.equal(decideRollback(twoDeploys(NOW), 2, NOW), undefined);
});

Deno.test("decideRollback() leaves a release that had been well for long", () => {
  const state = twoDeploys(NOW - 10 * MINUTE);
  assert.equal(decideRollback(state, 9, NOW), undefined);
});

Deno.test("decideRollback() has nothing to go back to after the first deploy", () => {
  const state = completeDeploy(EMPTY_STATE, release("v1", NOW), 5);
  assert.equal(decideRollback(state, 9, NOW), undefined);
  assert.equal(decideRollback(EMPTY_STATE, 9, NOW), undefined);
});

Deno.test("rollBack() brings the release before back and remembers why", async () => {
  await using bench = await Bench.create();
  await bench.rollBack();
  const { value } = bench.state;
  assert.equal(value.deployed?.tag, "v1");
  assert.equal(value.previous, undefined);
  assert.equal(value.deploying, undefined);
  assert.equal(
    await bench.releases.current(),
    bench.dir.join("releases", "v1"),
  );
  assert.equal(bench.replaced, 1);
  const [failure] = value.failures;
  assert.equal(failure?.tag, "v2");
  assert.equal(
    failure?.reason,
    "The worker of v2 died 4 times in a row after its deploy",
  );
  assert.deepEqual(
    bench.events.map(({ type }) => type),
    [
      "rollback-started",
      "server-restarting",
      "server-started",
      "deploy-failed",
    ],
  );
});

Deno.test("rollBack() brings the release before back when the disk takes no state", async () => {
  await using bench = await Bench.create();
  // A folder in its place: no file can be renamed over it, also not by root.
  await Deno.remove(bench.dir.join(".dewy", "state.json"));
  await Deno.mkdir(bench.dir.join(".dewy", "state.json"));
  await bench.rollBack();
  assert.equal(
    await bench.releases.current(),
    bench.dir.join("releases", "v1"),
  );
  assert.equal(bench.replaced, 1);
  assert.equal(bench.state.value.deployed?.tag, "v1");
  const [told] = bench.events.filter(({ type }) => type === "cleanup-failed");
  assert.ok(told?.type === "cleanup-failed" && told.what === "the state");
});

Deno.test("rollBack() does nothing when the release before is gone from the disk", async () => {
  await using bench = await Bench.create();
  await Deno.remove(bench.dir.join("releases", "v1"));
  await bench.rollBack();
  assert.equal(bench.state.value.deployed?.tag, "v2");
  assert.equal(bench.replaced, 0);
  assert.equal(
    await bench.releases.current(),
    bench.dir.join("releases", "v2"),
  );
});

function twoDeploys(at: number, root = "/releases") {
  const first = completeDeploy(EMPTY_STATE, release("v1", at - 1, root), 5);
  return completeDeploy(first, release("v2", at, root), 5);
}

function release(tag: string, at: number, root = "/releases"): DeployedRelease {
  return { tag, key: `${tag}--app`, path: `${root}/${tag}`, at };
}

/** A working directory with v2 in service after v1, and a worker that dies. */
class Bench implements AsyncDisposable {
  readonly events: DeployEvent[] = [];
  readonly releases: ReleaseStore;
  replaced = 0;

  private constructor(readonly dir: TempDir, readonly state: StateFile) {
    const root = dir.path;
    this.releases = new ReleaseStore({
      root,
      limits: WIDE_LIMITS,
      unpack: unpackArchive,
      now: Date.now,
    });
  }

  static async create(): Promise<Bench> {
    const dir = await TempDir.create();
    await Deno.mkdir(dir.join(".dewy"));
    for (const tag of ["v1", "v2"]) {
      await Deno.mkdir(dir.join("releases", tag), { recursive: true });
    }
    const state = await StateFile.open(dir.join(".dewy"), {
      emit: () => {},
      redact: (text) => text,
    });
    await state.update(() => twoDeploys(Date.now(), dir.join("releases")));
    const bench = new Bench(dir, state);
    await bench.releases.activate(dir.join("releases", "v2"));
    return bench;
  }

  async rollBack(): Promise<void> {
    const { state, releases } = this;
    const rollback = decideRollback(state.value, 4, Date.now());
    assert.ok(rollback !== undefined);
    const application: Application = {
      running: true,
      pid: 42,
      nextDeath: new AbortController().signal,
      deaths: 4,
      ports: 1,
      bringUp: () => Promise.resolve(),
      settled: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      replace: () => {
        this.replaced++;
        return Promise.resolve();
      },
    };
    await rollBack(rollback, {
      state,
      releases,
      application,
      cache: new FileCache(this.dir.join(".dewy", "cache")),
      clock: systemClock,
      emit: (event) => this.events.push(event),
    }, new AbortController().signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}
