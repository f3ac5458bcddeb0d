import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { renderCompletions } from "../../../src/cli/completions.ts";

/** Returns the lines that `program` writes for `script`; fails when it fails. */
function run(program: string, script: string): string[] {
  const { status, stdout, stderr } = spawnSync(program, ["-c", script], {
    encoding: "utf8",
    // Neither start-up files nor histories of the user may take part.
    env: { HOME: "/nonexistent", PATH: Deno.env.get("PATH") ?? "" },
  });
  assert.equal(stderr, "");
  assert.equal(status, 0);
  return stdout.split("\n").filter((line) => line !== "");
}

/** Returns `name`, and whether to leave the test out, which the name then explains. */
function testWith(
  program: string,
  name: string,
): { readonly name: string; readonly ignore: boolean } {
  const ignore = spawnSync(program, ["-c", "true"]).error !== undefined;
  return {
    name: ignore ? `${name} (left out: ${program} is not installed)` : name,
    ignore,
  };
}

/** Completes the last of `words` as bash would, which splits at "=" and ":". */
function completeInBash(words: readonly string[]): string[] {
  const quoted = ["dewy", ...words].map((word) => `'${word}'`).join(" ");
  return run(
    "bash",
    `${renderCompletions("bash")}
COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}
_dewy
printf '%s\\n' "\${COMPREPLY[@]}"`,
  );
}

const BASH: readonly (readonly [string[], string])[] = [
  [
    [""],
    "server assets container status history plan events deploy rollback pin unpin hold resume restart doctor init self-update completions help",
  ],
  [["se"], "server self-update"],
  [["--log-l"], "--log-level"],
  [["--log-level", ""], "debug info warn error"],
  [["--log-level", "d"], "debug"],
  [["--log-level", "="], "debug info warn error"],
  [["--log-level", "=", "w"], "warn"],
  [["-l", "i"], "info"],
  [["server", "--re"], "--registry --require-checksum --ready"],
  [["assets", "--re"], "--registry --require-checksum"],
  [["--registry", "server", "--read"], "--ready"],
  [
    ["assets", "--registry", "ghr", ":", "//o/r", "--re"],
    "--registry --require-checksum",
  ],
  [["--registry", "ghr", ":", "//o/r", "ass"], "assets"],
  [["--registry", "=", "ghr", ":", "//o/r", "ass"], "assets"],
  [["--once", "ass"], "assets"],
  [["hold", "--re"], "--reason"],
  [["status", "--admin"], "--admin-port --admin-socket --admin-token-file"],
  [["sta"], "status"],
  [["doctor", "--read"], "--ready"],
  [["completions", ""], "bash zsh fish"],
  [["help", "c"], "container completions"],
  [["server", "--", "--re"], ""],
  [["--registry", ""], ""],
  [["server", ""], ""],
];

for (const [words, expected] of BASH) {
  Deno.test({
    ...testWith("bash", `bash completes ${JSON.stringify(words)}`),
    fn() {
      assert.equal(completeInBash(words).join(" "), expected);
    },
  });
}

const FISH: readonly (readonly [string, string])[] = [
  ["se", "self-update server"],
  [
    "",
    "assets completions container deploy doctor events help history hold init pin plan restart resume rollback self-update server status unpin",
  ],
  ["--log-l", "--log-level"],
  ["--log-level ", "debug error info warn"],
  ["server --re", "--ready --registry --require-checksum"],
  ["assets --re", "--registry --require-checksum"],
  ["hold --re", "--reason"],
  ["status --j", "--json"],
  ["completions ", "bash fish zsh"],
];

Deno.test({
  ...testWith("fish", "fish completes commands, options and choices"),
  fn() {
    for (const [line, expected] of FISH) {
      const script = `${renderCompletions("fish")}\ncomplete -C 'dewy ${line}'`;
      const words = run("fish", script).map((text) => text.split("\t")[0]);
      assert.equal(words.join(" "), expected, line);
    }
  },
});

Deno.test({
  ...testWith("zsh", "zsh reads its completions without a complaint"),
  fn() {
    const defined = run(
      "zsh",
      `autoload -Uz compinit; compinit -D -u
${renderCompletions("zsh")}
print -r -- \${_comps[dewy]} \${+functions[_dewy]}`,
    );
    assert.deepEqual(defined, ["_dewy 1"]);
  },
});
