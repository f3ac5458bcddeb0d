import assert from "node:assert/strict";
import { fromFolder } from "../../scripts/paths.ts";

/** Another process may take the machine for the whole of one. */
const ATTEMPTS = 3;

Deno.test("dewy --version takes at most 1.3 times as long as an empty program", async () => {
  const told: string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { success, stdout, stderr } = await new Deno.Command(
      Deno.execPath(),
      { args: ["run", "-A", fromFolder("bench/start.ts")] },
    ).output();
    const decoder = new TextDecoder();
    const text = decoder.decode(stdout) + decoder.decode(stderr);
    assert.match(text, /^bundle, dewy --version +\d+ ms +\d+\.\d\d x$/m);
    if (success) return;
    told.push(text);
  }
  assert.fail(told.join("\n"));
});
