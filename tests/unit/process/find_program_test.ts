import assert from "node:assert/strict";
import { ApplicationError } from "../../../src/base/errors.ts";
import { findProgram } from "../../../src/process/find_program.ts";
import { TempDir } from "../../support/temp_dir.ts";

Deno.test("findProgram() searches PATH in its order and passes over what is no program", async () => {
  await using dir = await TempDir.create();
  await Deno.mkdir(dir.join("one", "app"), { recursive: true });
  await place(dir.join("two", "app"), 0o644);
  await place(dir.join("three", "app"), 0o755);
  await place(dir.join("four", "app"), 0o755);
  const path = ["one", "two", "gone", "three", "four"]
    .map((folder) => dir.join(folder)).join(":");
  assert.equal(
    await findProgram("app", { cwd: "/", path }),
    dir.join("three", "app"),
  );
});

Deno.test("findProgram() reads a name with a slash from the working directory", async () => {
  await using dir = await TempDir.create();
  await place(dir.join("current", "app"), 0o755);
  const options = { cwd: dir.path, path: "" };
  const found = dir.join("current", "app");
  assert.equal(await findProgram("current/app", options), found);
  assert.equal(await findProgram("./current/app", options), found);
  assert.equal(await findProgram(found, { cwd: "/", path: "" }), found);
});

Deno.test("findProgram() follows links", async () => {
  await using dir = await TempDir.create();
  await place(dir.join("releases", "1", "app"), 0o755);
  await Deno.symlink("releases/1", dir.join("current"));
  assert.equal(
    await findProgram("current/app", { cwd: dir.path, path: "" }),
    dir.join("current", "app"),
  );
});

Deno.test("findProgram() says which program is missing and where it looked", async () => {
  await using dir = await TempDir.create();
  await assert.rejects(
    findProgram("current/app", { cwd: dir.path, path: "" }),
    (error) => {
      assert.ok(error instanceof ApplicationError);
      assert.equal(
        error.message,
        `Cannot start "current/app": no such program at "${
          dir.join("current", "app")
        }"`,
      );
      assert.match(error.hint ?? "", /^Check the command after -- /);
      return true;
    },
  );
  await assert.rejects(findProgram("app", { cwd: "/", path: dir.path }), {
    message: 'Cannot start "app": no such program in PATH',
  });
});

Deno.test("findProgram() says that a program is not executable, and how to mend it", async () => {
  await using dir = await TempDir.create();
  const file = dir.join("app");
  await place(file, 0o644);
  for (const name of ["./app", "app"]) {
    await assert.rejects(
      findProgram(name, { cwd: dir.path, path: dir.path }),
      (error) => {
        assert.ok(error instanceof ApplicationError);
        assert.equal(
          error.message,
          `Cannot start "${name}": "${file}" is not executable`,
        );
        assert.match(error.hint ?? "", /chmod \+x$/);
        return true;
      },
    );
  }
});

Deno.test("findProgram() takes no folder and nothing below a file for a program", async () => {
  await using dir = await TempDir.create();
  await place(dir.join("file"), 0o755);
  for (const name of [".", "./file/app"]) {
    await assert.rejects(
      findProgram(name, { cwd: dir.path, path: "" }),
      /^ApplicationError: Cannot start /,
    );
  }
});

async function place(path: string, mode: number): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, "#!/bin/sh\n");
  await Deno.chmod(path, mode);
}
