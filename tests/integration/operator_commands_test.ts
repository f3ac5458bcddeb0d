import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { runDewy, type RunOptions } from "../support/run_dewy.ts";
import { TempDir } from "../support/temp_dir.ts";
import { unprivileged } from "../support/unprivileged.ts";
import { dewyCommand } from "../support/dewy_program.ts";

function inside(dir: TempDir): RunOptions {
  return { cwd: dir.path, env: { NO_COLOR: "1" } };
}

Deno.test("what answers and is no dewy is told apart from nobody", async () => {
  await using dir = await TempDir.create();
  const path = dir.join("other.sock");
  let status = 200;
  await using _ = Deno.serve(
    { path, onListen: () => {} },
    () => new Response("404 page not found\n", { status }),
  );
  for (const next of [200, 404, 500]) {
    status = next;
    const args = ["status", "--admin-socket", path];
    const { code, stderr } = await runDewy(args, inside(dir));
    assert.equal(code, 2);
    assert.match(stderr, /other\.sock": it is no admin API of this version/);
  }
  const events = await runDewy(["events", "--admin-socket", path], inside(dir));
  assert.equal(events.code, 2);
});

Deno.test("a dewy that is not there is told with where to look", async () => {
  await using dir = await TempDir.create();
  const gone = await runDewy(["status"], inside(dir));
  assert.equal(gone.code, 2);
  assert.match(gone.stderr, /there is no socket "\.dewy\/admin\.sock"/);
  assert.match(gone.stderr, /hint: .+--admin-socket/);
  const path = dir.join("left.sock");
  Deno.listen({ transport: "unix", path }).close();
  const left = await runDewy(["status", "--admin-socket", path], inside(dir));
  assert.equal(left.code, 2, left.stderr);
});

Deno.test("--json says in JSON that nobody listens", async () => {
  await using dir = await TempDir.create();
  const port = String(freePort());
  const args = ["status", "--admin-port", port, "--json"];
  const { code, stdout, stderr } = await runDewy(args, inside(dir));
  assert.deepEqual([code, stderr], [2, ""]);
  const { error } = JSON.parse(stdout);
  assert.equal(error.code, "unreachable");
  assert.match(error.message, new RegExp(`nobody listens at port ${port} `));
});

Deno.test("a user who may not open the socket is told so", async () => {
  await using dir = await TempDir.create();
  const path = dir.join("admin.sock");
  await using _ = Deno.serve(
    { path, onListen: () => {} },
    () => Response.json({}),
  );
  await Deno.chmod(path, 0o000);
  const { code, stderr } = await runDewy(["status", "--admin-socket", path], {
    ...inside(dir),
    command: unprivileged(dewyCommand()),
  });
  assert.equal(code, 3, stderr);
  assert.match(stderr, /this user may not open socket .+admin\.sock/);
});

Deno.test("a token that cannot be read is told before anything is sent", async () => {
  await using dir = await TempDir.create();
  const place = ["--admin-port", String(freePort()), "--admin-token-file"];
  const none = dir.join("none");
  const missing = await runDewy(["resume", ...place, none], inside(dir));
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /^Error: Cannot read the token of ".+none"/);
  const empty = dir.join("empty");
  await Deno.writeTextFile(empty, "\n");
  const blank = await runDewy(["resume", ...place, empty], inside(dir));
  assert.equal(blank.code, 1);
  assert.match(blank.stderr, /must hold one line/);
});
