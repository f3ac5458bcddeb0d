import assert from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import type { Release } from "../../../src/base/release.ts";
import { chooseVersions } from "../../../src/registry/choose.ts";
import type { Latest, Wish } from "../../../src/registry/registry.ts";
import { type Choice, Chooser } from "../../../src/supervisor/chooser.ts";
import type { Task } from "../../../src/supervisor/orders.ts";
import type { State } from "../../../src/supervisor/state.ts";
import { StateFile } from "../../../src/supervisor/state_file.ts";
import type { Recalled } from "../../../src/supervisor/target.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const HOUR = 3_600_000;
const RULES = { preRelease: false, slot: "" };

/** A host with v1.0.0, a registry of names, and a cooldown of two hours. */
class Bench implements AsyncDisposable {
  readonly clock = new VirtualClock();
  tags: string[] = ["v1.0.0"];
  /** Other bytes behind a version. */
  fingerprints = new Map<string, string>();
  asked: (Wish | undefined)[] = [];
  recalled: Recalled | undefined;
  isDown = false;
  intact = true;
  readonly #dir: TempDir;
  readonly state: StateFile;
  readonly #chooser: Chooser;

  private constructor(dir: TempDir, state: StateFile, cooldownMs: number) {
    this.#dir = dir;
    this.state = state;
    this.#chooser = new Chooser({
      state,
      target: {
        inspect: () =>
          Promise.resolve({ intact: this.intact, diverted: false }),
        recall: () => Promise.resolve(this.recalled),
      },
      rules: RULES,
      settings: {
        allowDowngrade: false,
        ignoreFailures: false,
        cooldownMs,
        windows: [],
      },
      clock: this.clock,
      emit: () => {},
    });
  }

  static async open(cooldownMs = 2 * HOUR): Promise<Bench> {
    const dir = await TempDir.create();
    const options = { emit: () => {}, redact: (text: string) => text };
    const state = await StateFile.open(dir.path, options);
    await state.update((value) => ({ ...value, ...deployed("v1.0.0") }));
    return new Bench(dir, state, cooldownMs);
  }

  choose(task?: Task): Promise<Choice> {
    this.asked = [];
    return this.#chooser.choose((wish) => this.#answer(wish), task);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dir[Symbol.asyncDispose]();
  }

  #answer(wish?: Wish): Promise<Latest> {
    this.asked.push(wish);
    if (this.isDown) {
      return Promise.reject(new SourceError("unavailable", "down"));
    }
    const options = { rules: RULES, shownUrl: "test", wish };
    const choice = chooseVersions(this.tags, options);
    if (choice.kind === "filtered") return Promise.resolve(choice);
    const [{ tag }] = choice.versions;
    const release = releaseOf(tag, this.fingerprints.get(tag) ?? "first");
    return Promise.resolve({ kind: "release", release, incomplete: [] });
  }
}

Deno.test("a version is deployed when it was first seen a cooldown ago", async () => {
  await using bench = await Bench.open();
  assert.equal(told(await bench.choose()), "up-to-date v1.0.0");
  bench.tags.push("v1.1.0");
  const { action, waiting } = await bench.choose();
  assert.equal(`${action.kind} ${action.code}`, "skip cooldown");
  const until = bench.clock.now() + 2 * HOUR;
  const [wait] = waiting;
  assert.deepEqual(
    [waiting.length, wait?.version, wait?.code, wait?.until],
    [1, "v1.1.0", "cooldown", until],
  );
  await bench.clock.run(2 * HOUR - 1);
  assert.equal(told(await bench.choose()), "cooldown v1.1.0");
  await bench.clock.run(1);
  assert.equal(told(await bench.choose()), "deploy v1.1.0");
});

Deno.test("the deployed version waits once when other bytes are behind it", async () => {
  await using bench = await Bench.open();
  bench.tags.unshift("v0.9.0");
  await bench.choose();
  bench.fingerprints.set("v1.0.0", "second");
  // In container mode the image that runs is another one then.
  bench.intact = false;
  const { action, waiting } = await bench.choose();
  assert.equal(`${action.kind} ${action.code}`, "skip cooldown");
  assert.deepEqual(waiting.map(({ version }) => version), ["v1.0.0"]);
  assert.equal(bench.asked.length, 1);
  await bench.clock.run(2 * HOUR);
  assert.equal(told(await bench.choose()), "deploy v1.0.0");
});

Deno.test("the newest version that is old enough is taken", async () => {
  await using bench = await Bench.open();
  bench.tags.push("v1.1.0");
  await bench.choose();
  await bench.clock.run(HOUR);
  bench.tags.push("v1.2.0");
  assert.equal(told(await bench.choose()), "cooldown v1.2.0");
  await bench.clock.run(HOUR);
  const choice = await bench.choose();
  assert.equal(told(choice), "deploy v1.1.0");
  assert.deepEqual(choice.waiting.map(({ version }) => version), ["v1.2.0"]);
  await bench.state.update((value) => ({ ...value, ...deployed("v1.1.0") }));
  assert.equal(told(await bench.choose()), "cooldown v1.2.0");
  await bench.clock.run(HOUR);
  assert.equal(told(await bench.choose()), "deploy v1.2.0");
});

Deno.test("versions that came between two looks are all seen at the next", async () => {
  await using bench = await Bench.open();
  bench.tags.push("v1.1.0", "v1.2.0", "v1.3.0");
  const { waiting } = await bench.choose();
  assert.deepEqual(
    waiting.map(({ version }) => version),
    ["v1.3.0", "v1.2.0", "v1.1.0"],
  );
  assert.equal(bench.state.value.sightings?.length, 4);
  await bench.choose();
  assert.equal(bench.asked.length, 2, "what is known is passed over at once");
});

Deno.test("other bytes behind a version begin its cooldown anew", async () => {
  await using bench = await Bench.open();
  bench.tags.push("v1.1.0");
  await bench.choose();
  await bench.clock.run(HOUR);
  bench.fingerprints.set("v1.1.0", "second");
  await bench.choose();
  await bench.clock.run(HOUR);
  assert.equal(told(await bench.choose()), "cooldown v1.1.0");
  await bench.clock.run(HOUR);
  assert.equal(told(await bench.choose()), "deploy v1.1.0");
});

Deno.test("first times survive a restart", async () => {
  await using dir = await TempDir.create();
  const options = { emit: () => {}, redact: (text: string) => text };
  const file = await StateFile.open(dir.path, options);
  const sightings = [{ tag: "v1", fingerprint: "a", at: 5 }];
  const pin = { tag: "v1", at: 6 };
  await file.update((value) => ({ ...value, sightings, pin }));
  const again = await StateFile.open(dir.path, options);
  assert.deepEqual(again.value.sightings, sightings);
  assert.deepEqual(again.value.pin, pin);
});

Deno.test("without a cooldown nothing is written down and asked once", async () => {
  await using bench = await Bench.open(0);
  bench.tags.push("v1.1.0");
  assert.equal(told(await bench.choose()), "deploy v1.1.0");
  assert.deepEqual(bench.asked, [undefined]);
  assert.equal(bench.state.value.sightings, undefined);
});

Deno.test("a pin asks for its version only", async () => {
  await using bench = await Bench.open(0);
  bench.tags.push("v1.1.0", "v1.2.0");
  await update(bench, { pin: { tag: "v1.1.0", at: 0 } });
  assert.equal(told(await bench.choose()), "deploy v1.1.0");
  assert.deepEqual(bench.asked, [{ only: "v1.1.0" }]);
});

Deno.test("a way back to what is here asks nobody", async () => {
  await using bench = await Bench.open(0);
  bench.isDown = true;
  const release = releaseOf("v0.9.0", "old");
  bench.recalled = { release, isHere: true, path: "/releases/1" };
  await update(bench, { rollback: { from: "v1.0.0", to: "v0.9.0", at: 0 } });
  const choice = await bench.choose();
  assert.equal(told(choice), "deploy v0.9.0");
  assert.equal(choice.recalled?.path, "/releases/1");
  assert.deepEqual(bench.asked, []);
});

Deno.test("a way back uses what is remembered where the registry is silent", async () => {
  await using bench = await Bench.open(0);
  bench.isDown = true;
  bench.recalled = { release: releaseOf("v0.9.0", "old"), isHere: false };
  await update(bench, { rollback: { from: "v1.0.0", to: "v0.9.0", at: 0 } });
  assert.equal(told(await bench.choose()), "deploy v0.9.0");
  assert.deepEqual(bench.asked, [{ only: "v0.9.0" }]);
});

Deno.test("a newer version ends a way back, an older one does not", async () => {
  await using bench = await Bench.open(0);
  const release = releaseOf("v1.0.0", "first");
  bench.recalled = { release, isHere: true, path: "/releases/1" };
  await update(bench, { rollback: { from: "v1.2.0", to: "v1.0.0", at: 0 } });
  bench.tags.push("v1.1.0", "v1.2.0");
  assert.equal(told(await bench.choose()), "rolled-back v1.2.0");
  bench.tags.push("v1.3.0");
  assert.equal(told(await bench.choose()), "deploy v1.3.0");
});

function update(bench: Bench, changes: Partial<State>): Promise<void> {
  return bench.state.update((value) => ({ ...value, ...changes }));
}

/** `deploy v1.1.0`, or the code of what is skipped. */
function told({ action }: Choice): string {
  return action.kind === "deploy"
    ? `deploy ${action.release.tag}`
    : `${action.code} ${action.tag}`;
}

function releaseOf(tag: string, fingerprint: string): Release {
  return {
    id: tag,
    tag,
    artifactUrl: `file:///registry/${tag}/app`,
    artifactName: "app",
    fingerprint,
    checksumUrls: [],
    slot: "",
  };
}

function deployed(tag: string): Pick<State, "deployed"> {
  const key = `${tag}--app`;
  return { deployed: { tag, key, path: "/x", at: 0, fingerprint: "first" } };
}
