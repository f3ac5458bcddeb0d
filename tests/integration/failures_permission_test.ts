import assert from "node:assert/strict";
import { TempDir } from "../support/temp_dir.ts";
import { runUnprivileged } from "../support/unprivileged.ts";

Deno.test("a socket in a folder that may not be read is told with what to do", async () => {
  await using dir = await TempDir.create();
  await Deno.mkdir(dir.join("registry"));
  await Deno.mkdir(dir.join("closed"), { mode: 0o000 });
  const path = dir.join("closed/app.sock");
  const { code, stderr } = await runUnprivileged([
    "server",
    "--once",
    "--registry",
    `file://${dir.join("registry")}`,
    "--port",
    path,
    "--",
    "true",
  ], dir.path);
  assert.match(
    stderr,
    new RegExp(`Cannot listen on "${path}": permission denied`),
  );
  assert.match(stderr, /Let the user dewy runs as write to the folder/);
  assert.equal(code, 2, stderr);
});
