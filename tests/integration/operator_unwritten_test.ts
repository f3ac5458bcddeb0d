import assert from "node:assert/strict";
import { join } from "node:path";
import { AssetsBench } from "../support/assets_bench.ts";
import { readState } from "../support/deploy_state.ts";
import { eventually } from "../support/eventually.ts";
import type { OperatorAction } from "../../src/supervisor/operations.ts";

const UNTIL = /Cannot write ".*"[^]*until dewy ends, and for good once/;

/** Makes every write of the state fail, as a full disk does, also for root. */
async function block({ workdir }: AssetsBench): Promise<Disposable> {
  const path = join(workdir, ".dewy", "state.json");
  await Deno.rename(path, `${path}.aside`);
  await Deno.mkdir(join(path, "in-the-way"), { recursive: true });
  return {
    [Symbol.dispose]: () => {
      Deno.removeSync(path, { recursive: true });
      Deno.renameSync(`${path}.aside`, path);
    },
  };
}

/** Words that have to last, and what of the state is theirs. */
const WORDS: readonly (readonly [OperatorAction, "pin" | "hold", string])[] = [
  [{ kind: "pin", version: "v1.1.0" }, "pin", "v1.1.0"],
  [{ kind: "unpin" }, "pin", "undefined"],
  [{ kind: "hold", reason: "a fair" }, "hold", "a fair"],
  [{ kind: "resume" }, "hold", "undefined"],
];

Deno.test("words of an operator that cannot be written down are no success, however often they are said", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0", "v1.1.0");
  for (const [word, field, expected] of WORDS) {
    {
      using _ = await block(bench);
      await bench.refused(word, "unavailable", UNTIL);
      await bench.refused(word, "unavailable", UNTIL);
      const { pin, hold } = await bench.status();
      const held = { pin: pin?.version, hold: hold?.reason }[field];
      assert.equal(String(held), expected, "it holds all the same");
    }
    const { result } = await bench.act(word);
    assert.equal(result, "nothing-to-do", word.kind);
    const { pin, hold } = await readState(bench.workdir);
    const written = { pin: pin?.tag, hold: hold?.reason }[field];
    assert.equal(String(written), expected, `${word.kind} is written down`);
  }
});

Deno.test("a pin that takes a deploy is told when it cannot be written down", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0", "v1.1.0");
  {
    using _ = await block(bench);
    const pin = { kind: "pin", version: "v1.0.0" } as const;
    await bench.refused(pin, "unavailable", UNTIL);
    assert.equal((await bench.status()).pin?.version, "v1.0.0");
    await eventually(
      () => bench.events.some(({ type }) => type === "tick-failed"),
      { message: "what has to be written before a deploy cannot be" },
    );
  }
  await bench.act({ kind: "deploy" });
  await bench.serves("v1.0.0");
  assert.equal((await readState(bench.workdir)).pin?.tag, "v1.0.0");
});

Deno.test("a way back goes on where it cannot be written down, and says so", async () => {
  await using bench = await AssetsBench.deployed("v1.0.0", "v1.1.0");
  {
    using _ = await block(bench);
    const { result, message } = await bench.act({ kind: "rollback" });
    assert.equal(result, "started");
    assert.match(message, /^Going back from v1\.1\.0 to v1\.0\.0; /);
    assert.match(message, /until dewy ends.*Cannot write "/);
    await bench.serves("v1.0.0");
  }
  await bench.act({ kind: "hold" });
  const { rollback } = await readState(bench.workdir);
  assert.deepEqual([rollback?.from, rollback?.to], ["v1.1.0", "v1.0.0"]);
});
