import assert from "node:assert/strict";
import config from "../../../deno.json" with { type: "json" };
import { buildVersion } from "../../../scripts/build/version.ts";
import { TempDir } from "../../support/temp_dir.ts";

const TAG = `v${config.version}`;

async function git(cwd: string, ...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", {
    args: [
      ...["-c", "user.name=test", "-c", "user.email=test@example.com"],
      ...args,
    ],
    cwd,
    env: { GIT_COMMITTER_DATE: "2026-01-15T12:00:00Z" },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

async function checkout(cwd: string): Promise<void> {
  await git(cwd, "init", "-q");
  await git(cwd, "commit", "-q", "--allow-empty", "-m", "Begin");
}

Deno.test("buildVersion() names the release on its tag", async () => {
  await using dir = await TempDir.create();
  await checkout(dir.path);
  await git(dir.path, "tag", TAG);
  const built = await buildVersion({ cwd: dir.path, release: TAG });
  assert.equal(built.version, config.version);
  assert.match(built.commit, /^[0-9a-f]{40}$/);
  assert.equal(built.date, "2026-01-15T12:00:00Z");
});

Deno.test("buildVersion() names the commit elsewhere", async () => {
  await using dir = await TempDir.create();
  await checkout(dir.path);
  const clean = await buildVersion({ cwd: dir.path });
  const short = clean.commit.slice(0, 7);
  assert.equal(clean.version, `${config.version}-dev+${short}`);
  await git(dir.path, "tag", TAG);
  await Deno.writeTextFile(dir.join("changed"), "");
  const dirty = await buildVersion({ cwd: dir.path });
  assert.equal(dirty.version, `${config.version}-dev+${short}.dirty`);
});

Deno.test("buildVersion() takes its time from SOURCE_DATE_EPOCH", async () => {
  await using dir = await TempDir.create();
  await checkout(dir.path);
  const source = { cwd: dir.path, sourceDateEpoch: "86400" };
  const { date, epoch } = await buildVersion(source);
  assert.deepEqual([date, epoch], ["1970-01-02T00:00:00Z", 86400]);
  for (const wrong of ["now", "-1", "1.5", " 1"]) {
    await assert.rejects(
      buildVersion({ cwd: dir.path, sourceDateEpoch: wrong }),
      /SOURCE_DATE_EPOCH must be whole seconds/,
    );
  }
});

Deno.test("buildVersion() refuses a release that it is not", async () => {
  await using dir = await TempDir.create();
  await checkout(dir.path);
  const release = (tag: string) =>
    buildVersion({ cwd: dir.path, release: tag });
  await assert.rejects(release(TAG), /Cannot build the release/);
  await git(dir.path, "tag", TAG);
  await git(dir.path, "tag", "v99.0.0");
  await assert.rejects(release("v99.0.0"), /deno\.json says/);
  await Deno.writeTextFile(dir.join("changed"), "");
  await assert.rejects(release(TAG), /files are changed/);
});
