import assert from "node:assert/strict";
import { TempDir } from "../support/temp_dir.ts";
import { runUnprivileged } from "../support/unprivileged.ts";

Deno.test("a version that may not be read is told with what to do", async () => {
  await using dir = await TempDir.create();
  const folder = dir.join("registry/v1.0.0");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.utime(folder, 1_000_000, 1_000_000);
  await Deno.chmod(folder, 0o000);
  const { code, stderr } = await runUnprivileged([
    "assets",
    "--once",
    "--registry",
    `file://${dir.join("registry")}`,
  ], dir.path);
  const [line = ""] = stderr.split("\n").filter((text) =>
    text.includes("Current failure")
  );
  assert.match(line, /permission denied: let the user dewy runs as read/);
  assert.doesNotMatch(line, /Publish the artifact/);
  assert.equal(code, 2, stderr);
});

Deno.test("an artifact that may not be read is told with what to do", async () => {
  await using dir = await TempDir.create();
  const folder = dir.join("registry/v1.0.0");
  await Deno.mkdir(folder, { recursive: true });
  const name = `${folder}/app_${Deno.build.os}_${Deno.build.arch}.tar.gz`;
  await Deno.writeTextFile(name, "x", { mode: 0o000 });
  const { code, stderr } = await runUnprivileged([
    "assets",
    "--once",
    "--registry",
    `file://${dir.join("registry")}`,
  ], dir.path);
  assert.match(stderr, /Permission denied/i);
  assert.match(stderr, /user dewy runs as/);
  assert.equal(code, 2, stderr);
});

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
