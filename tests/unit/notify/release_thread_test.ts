import assert from "node:assert/strict";
import type { DeployEvent } from "../../../src/base/event.ts";
import { ReleaseThread } from "../../../src/notify/release_thread.ts";
import { SAMPLES } from "../../support/sample_events.ts";
import { TempDir } from "../../support/temp_dir.ts";

const FIRST = "1503435956.000247";
const SECOND = "1503435999.000001";

/** A working directory with releases, the first one in service. */
async function withReleases(
  releases: Readonly<Record<string, string | undefined>>,
): Promise<TempDir> {
  const dir = await TempDir.create();
  for (const [name, thread] of Object.entries(releases)) {
    await Deno.mkdir(dir.join(name));
    if (thread === undefined) continue;
    await Deno.writeTextFile(dir.join(name, ".slack-thread-ts"), thread);
  }
  const [first = ""] = Object.keys(releases);
  await Deno.symlink(dir.join(first), dir.join("current"));
  return dir;
}

function unpacked(path: string): DeployEvent {
  return { ...SAMPLES["archive-extracted"], path };
}

function open(dir: TempDir, errors: Error[] = []): ReleaseThread {
  return new ReleaseThread(dir.path, (error) => errors.push(error));
}

Deno.test("ReleaseThread reads the release in service at the start", async () => {
  await using dir = await withReleases({ v1: `  ${FIRST}\n` });
  assert.equal(await open(dir).current, FIRST);
});

Deno.test("ReleaseThread has none without a release", async () => {
  await using dir = await TempDir.create();
  const errors: Error[] = [];
  assert.equal(await open(dir, errors).current, undefined);
  assert.deepEqual(errors, []);
});

Deno.test("ReleaseThread follows a new release, and goes back when that fails", async () => {
  await using dir = await withReleases({ v1: FIRST, v2: SECOND });
  const thread = open(dir);
  thread.follow(unpacked(dir.join("v2")));
  const ofSecond = thread.current;
  thread.follow(SAMPLES["deploy-failed"]);
  assert.equal(await ofSecond, SECOND);
  assert.equal(await thread.current, FIRST);
});

Deno.test("ReleaseThread follows to a release that is not unpacked, since it is here", async () => {
  await using dir = await withReleases({ v2: SECOND, v1: FIRST });
  const thread = open(dir);
  assert.equal(await thread.current, SECOND);
  const link = dir.join("current");
  thread.follow({ type: "link-created", from: dir.join("v1"), to: link });
  assert.equal(await thread.current, FIRST);
});

Deno.test("ReleaseThread leaves the thread with a release that has none", async () => {
  await using dir = await withReleases({ v1: FIRST, v2: undefined });
  const thread = open(dir);
  thread.follow(unpacked(dir.join("v2")));
  assert.equal(await thread.current, undefined);
});

for (const text of ["", "soon", "1503435956.0002 47", "9".repeat(70)]) {
  Deno.test(`ReleaseThread takes "${text.slice(0, 20)}" for none`, async () => {
    await using dir = await withReleases({ v1: text });
    assert.equal(await open(dir).current, undefined);
  });
}

Deno.test("ReleaseThread takes a folder of that name for none", async () => {
  await using dir = await withReleases({ v1: undefined });
  await Deno.mkdir(dir.join("v1", ".slack-thread-ts"));
  assert.equal(await open(dir).current, undefined);
});

Deno.test("ReleaseThread tells that a file cannot be read", async () => {
  await using dir = await TempDir.create();
  // The link leads to a file: there is no folder to look into.
  await Deno.writeTextFile(dir.join("current"), "");
  const errors: Error[] = [];
  assert.equal(await open(dir, errors).current, undefined);
  assert.equal(errors.length, 1);
  assert.match(errors[0]?.message ?? "", /^Cannot read the thread "/);
});
