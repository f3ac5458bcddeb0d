import assert from "node:assert/strict";
import { parseCommand } from "../../../../src/cli/args.ts";

function parseDoctor(line: string) {
  const command = parseCommand(line.split(" "), {});
  assert.ok(command.kind === "doctor");
  return command.request;
}

const MODES: readonly (readonly [string, string])[] = [
  ["doctor --registry ghr://o/r", "assets"],
  ["doctor --registry ghr://o/r --port 80 -- ./app", "server"],
  ["doctor --registry ghr://o/r -- ./app", "server"],
  ["doctor --registry img://ghcr.io/o/r --port 80", "container"],
  ["doctor server --registry ghr://o/r -- assets", "server"],
  ["doctor assets --registry ghr://o/r --port 80", "assets"],
];

for (const [line, mode] of MODES) {
  Deno.test(`parseCommand() looks at ${mode} in "dewy ${line}"`, () => {
    const { mode: found, settings, problem } = parseDoctor(line);
    assert.equal(problem, undefined);
    assert.deepEqual([found, settings?.command], [mode, mode]);
  });
}

Deno.test("parseCommand() hands the doctor what the deploying command would refuse", () => {
  const incomplete = parseDoctor("doctor server --registry ghr://o/r");
  assert.match(incomplete.problem?.message ?? "", /no program was given/);
  assert.equal(incomplete.settings?.registryUrl, "ghr://o/r");
  const nothing = parseDoctor("doctor --json");
  assert.match(nothing.problem?.message ?? "", /--registry is not set/);
  assert.deepEqual([nothing.settings, nothing.json], [undefined, true]);
  const malformed = parseDoctor("doctor --registry ghr://o/r --interval x");
  assert.match(malformed.problem?.message ?? "", /"--interval" must be/);
});
