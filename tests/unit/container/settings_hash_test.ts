import assert from "node:assert/strict";
import {
  type JsonValue,
  settingsHash,
} from "../../../src/container/settings_hash.ts";
import { readRun } from "./read_run.ts";

async function hashOf(
  words: readonly string[],
  more: JsonValue = {},
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  return settingsHash(await readRun(words, files), more);
}

const SAME: readonly (readonly [string[], string[]])[] = [
  [["-e", "A=1", "-e", "B=2"], ["--env=B=2", "--env=A=1"]],
  [["-e", "A=0", "-e", "A=1"], ["-e", "A=1"]],
  [["-l", "a=1", "-l", "b=2"], ["-l", "b=2", "-l", "a=1"]],
  [["-v", "aa:/a", "-v", "bb:/b"], ["-v", "bb:/b", "-v", "aa:/a"]],
  [["-m", "1g", "--init"], ["--init=true", "--memory=1024m"]],
  [["--cap-drop", "NET_RAW", "--cap-drop=chown"], [
    ...["--cap-drop", "CAP_CHOWN", "--cap-drop", "cap_net_raw"],
  ]],
  [["--mount", "dst=/a,src=x", "--mount", "dst=/b"], [
    ...["--mount", "dst=/b", "--mount", "src=x,dst=/a"],
  ]],
  [["--ulimit", "core=1", "--ulimit", "cpu=2"], [
    ...["--ulimit", "cpu=2", "--ulimit", "core=1"],
  ]],
];

for (const [one, other] of SAME) {
  Deno.test(`settingsHash() is the same for ${one.join(" ")} and ${other.join(" ")}`, async () => {
    assert.equal(await hashOf(one), await hashOf(other));
  });
}

const OTHER: readonly (readonly [string[], string[]])[] = [
  [["-e", "A=1"], ["-e", "A=2"]],
  [["-e", "A=1"], []],
  [["-e", "A="], ["-e", "A"]],
  [["--dns", "1.1.1.1", "--dns", "8.8.8.8"], [
    ...["--dns", "8.8.8.8", "--dns", "1.1.1.1"],
  ]],
  [["--network", "a", "--network", "b"], ["--network", "b", "--network", "a"]],
  [["--network", "a"], ["--network", "a", "--network", "b"]],
  [["--name", "a"], ["--name", "b"]],
  [["--platform", "linux/amd64"], ["--platform", "linux/arm64"]],
  [["--entrypoint", ""], []],
  [["--user", ""], []],
  [["-l", "a=b"], ["-l", "b=a"]],
];

for (const [one, other] of OTHER) {
  Deno.test(`settingsHash() differs for ${one.join(" ")} and ${other.join(" ")}`, async () => {
    assert.notEqual(await hashOf(one), await hashOf(other));
  });
}

Deno.test("settingsHash() includes what files of variables hold", async () => {
  const words = ["--env-file", "/a.env"];
  const one = await hashOf(words, {}, { "/a.env": "A=1\nB=2" });
  assert.equal(one, await hashOf(words, {}, { "/a.env": "# same\nB=2\nA=1" }));
  assert.notEqual(one, await hashOf(words, {}, { "/a.env": "A=2\nB=2" }));
  assert.match(one, /^[0-9a-f]{64}$/);
});

Deno.test("settingsHash() includes what the caller adds", async () => {
  const one = await hashOf([], { ports: [1, 2], command: ["a"] });
  assert.equal(one, await hashOf([], { command: ["a"], ports: [1, 2] }));
  assert.notEqual(one, await hashOf([], { ports: [2, 1], command: ["a"] }));
});
