import assert from "node:assert/strict";
import { FilesystemError } from "../../../src/base/errors.ts";
import type { DeployEvent } from "../../../src/base/event.ts";
import {
  adoptRelease,
  EMPTY_STATE,
  recordDigest,
  type State,
} from "../../../src/supervisor/state.ts";
import { StateFile } from "../../../src/supervisor/state_file.ts";
import { TempDir } from "../../support/temp_dir.ts";

const ignore = () => {};

const asIs = (text: string) => text;

Deno.test("StateFile masks secrets in reasons, on disk", async () => {
  await using dir = await TempDir.create();
  const redact = (text: string) => text.replaceAll("hunter2", "***");
  const file = await StateFile.open(dir.path, { emit: () => {}, redact });
  await file.update((state) => ({
    ...state,
    history: [{
      at: 1,
      tag: "v1",
      key: "v1--app",
      outcome: "failed",
      reason: "Cannot log in with hunter2",
      durationMs: 1,
    }],
  }));
  const text = await Deno.readTextFile(dir.join("state.json"));
  assert.ok(text.includes("Cannot log in with ***"));
  assert.ok(!text.includes("hunter2"));
});

Deno.test("StateFile begins empty and reads back what was written", async () => {
  await using dir = await TempDir.create();
  const file = await StateFile.open(dir.path, { emit: ignore, redact: asIs });
  assert.deepEqual(file.value, EMPTY_STATE);
  await file.update(adopt);
  await file.update((state) => recordDigest(state, "k", "abc"));
  const again = await StateFile.open(dir.path, { emit: ignore, redact: asIs });
  assert.deepEqual(again.value, recordDigest(adopt(EMPTY_STATE), "k", "abc"));
  assert.deepEqual(await names(dir.path), ["state.json"]);
});

const DAMAGED: readonly (readonly [what: string, text: string])[] = [
  ["is empty", ""],
  ["is cut short", '{"format": 1, "failures": ['],
  ["holds zeros", "\0".repeat(100)],
  [
    "is of another format",
    '{"format":2,"failures":[],"history":[],"digests":{}}',
  ],
  ["lacks a part", '{"format":1,"failures":[],"digests":{}}'],
  ["is no object", "[]"],
  ["is null", "null"],
  [
    "names no path of the deployed release",
    '{"format":1,"failures":[],"history":[],"digests":{},"deployed":{"tag":"v1"}}',
  ],
  // A person may have had a hand in it.
  ["has a hold of no time", withPart({ hold: true })],
  ["has a pin of no time", withPart({ pin: { tag: "v1" } })],
  ["goes back from nothing", withPart({ rollback: { to: "v1", at: 1 } })],
  ["has a line of the history that is none", withPart({ history: [null] })],
  ["has a failure without a reason", withPart({ failures: [{ tag: "v1" }] })],
  [
    "has a time that no calendar knows",
    withPart({ pin: { tag: "v1", at: 9e15 } }),
  ],
];

function withPart(part: object): string {
  return JSON.stringify({ ...EMPTY_STATE, ...part });
}

for (const [what, text] of DAMAGED) {
  Deno.test(`StateFile moves aside a file that ${what}, and says where`, async () => {
    await using dir = await TempDir.create();
    const path = dir.join("state.json");
    await Deno.writeTextFile(path, text);
    const events: DeployEvent[] = [];
    const file = await StateFile.open(dir.path, {
      emit: (event) => events.push(event),
      redact: asIs,
    });
    assert.deepEqual(file.value, EMPTY_STATE);
    const [event] = events;
    assert.ok(event?.type === "state-unreadable" && events.length === 1);
    assert.equal(event.path, path);
    assert.equal(await Deno.readTextFile(event.movedTo), text);
    await file.update(adopt);
    assert.deepEqual(
      (await StateFile.open(dir.path, { emit: ignore, redact: asIs })).value,
      file.value,
    );
  });
}

Deno.test("StateFile keeps what operators said of a file of another format, for the next start too", async () => {
  await using dir = await TempDir.create();
  const words = {
    pin: { tag: "v1", at: 1 },
    hold: { at: 2, reason: "a fair" },
    rollback: { from: "v2", to: "v1", at: 3 },
  };
  const text = JSON.stringify({ format: 2, ...words, failures: {}, more: 1 });
  await Deno.writeTextFile(dir.join("state.json"), text);
  const options = { emit: ignore, redact: asIs };
  const file = await StateFile.open(dir.path, options);
  assert.deepEqual(file.value, { ...EMPTY_STATE, ...words });
  const next = await StateFile.open(dir.path, options);
  assert.deepEqual(next.value, file.value);
  assert.equal(
    await Deno.readTextFile(dir.join("state.json.unreadable")),
    text,
  );
});

Deno.test("StateFile keeps a change in memory when it cannot be written", async () => {
  await using dir = await TempDir.create();
  const file = await StateFile.open(dir.path, { emit: ignore, redact: asIs });
  const path = dir.join("state.json");
  // A folder in its place: no file can be renamed over it, also not by root.
  await Deno.mkdir(path);
  await assert.rejects(file.update(adopt), (error) => {
    assert.ok(error instanceof FilesystemError);
    assert.equal(error.message, `Cannot write "${path}"`);
    return true;
  });
  assert.equal(file.value.deployed?.tag, "v1");
  assert.ok(!await file.catchUp(), "it cannot be written yet");
  await Deno.remove(path);
  await file.catchUp();
  const again = await StateFile.open(dir.path, { emit: ignore, redact: asIs });
  assert.equal(again.value.deployed?.tag, "v1");
});

Deno.test("StateFile does not take a file that it cannot read for an empty one", async () => {
  await using dir = await TempDir.create();
  await Deno.mkdir(dir.join("state.json"));
  await assert.rejects(
    StateFile.open(dir.path, { emit: ignore, redact: asIs }),
    {
      name: "FilesystemError",
      message: `Cannot read "${dir.join("state.json")}"`,
    },
  );
});

function adopt(state: State): State {
  const path = "/srv/app/releases/20260101T000000Z";
  return adoptRelease(state, { tag: "v1", key: "v1--app", path, at: 1 });
}

async function names(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).sort();
}
