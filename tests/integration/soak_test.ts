import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(
  new URL("../../scripts/bench/soak.ts", import.meta.url),
);

Deno.test("some seconds of random faults leave the newest version in service, and nothing else", async () => {
  // Other seeds are for the script itself, which takes its time.
  const options = ["--minutes", "0.1", "--faults", "--seed", "99"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", SCRIPT, ...options],
  }).output();
  const decoder = new TextDecoder();
  const said = decoder.decode(stdout) + decoder.decode(stderr);
  assert.equal(code, 0, said);
  assert.match(said, /^v1\.0\.[0-9]+ is in service after [0-9]+ ms$/m);
  assert.match(said, /^0 violations$/m);
  assert.match(said, /^descriptors +[0-9 ]+$/m);
});
