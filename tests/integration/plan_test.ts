import assert from "node:assert/strict";
import { RegistryFolder } from "../support/registry_folder.ts";
import { runDewy } from "../support/run_dewy.ts";
import { TempDir } from "../support/temp_dir.ts";

Deno.test("dewy plan asks the registry itself where no dewy runs, and changes nothing", async () => {
  await using dir = await TempDir.create();
  const registry = await RegistryFolder.create(dir.join("registry"));
  await registry.publish("v1.0.0");
  await registry.publish("v1.1.0");
  await registry.publish("v1.2.0-rc.1");
  await registry.place("v1.3.0", () => Promise.resolve());
  const cwd = dir.join("work");
  await Deno.mkdir(cwd);
  const options = { cwd, env: { NO_COLOR: "1" } };
  const args = ["plan", "--registry", registry.url];
  const human = await runDewy(args, options);
  assert.deepEqual([human.code, human.stderr], [0, ""]);
  assert.match(
    human.stdout,
    /^Would deploy v1\.1\.0: first deploy\n\nVERSION +VERDICT +REASON\n/,
  );
  const json = await runDewy([...args, "--json"], options);
  const { action, versions } = JSON.parse(json.stdout);
  assert.deepEqual([action.kind, action.version], ["deploy", "v1.1.0"]);
  assert.deepEqual(
    versions.map((one: Record<string, string>) => [one.version, one.verdict]),
    [
      ["v1.3.0", "incomplete"],
      ["v1.2.0-rc.1", "filtered"],
      ["v1.1.0", "chosen"],
      ["v1.0.0", "older"],
    ],
  );
  assert.deepEqual(await Array.fromAsync(Deno.readDir(cwd)), []);
});

Deno.test("dewy plan without a dewy and without a registry says what is missing", async () => {
  await using dir = await TempDir.create();
  const { code, stderr } = await runDewy(["plan"], { cwd: dir.path });
  assert.equal(code, 2);
  assert.match(stderr, /Cannot reach a running dewy/);
  assert.match(stderr, /or give --registry/);
});
