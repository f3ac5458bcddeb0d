import assert from "node:assert/strict";
import { createRedactor } from "../../../src/base/redact.ts";
import {
  optionsInEffect,
  shownOptions,
} from "../../../src/cli/options_in_effect.ts";
import { readArguments } from "../../../src/cli/options_given.ts";

function shown(
  command: "server" | "assets" | "container",
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const { options } = readArguments([command, ...args], env);
  return shownOptions(optionsInEffect(options, command), createRedactor(env));
}

Deno.test("options show what is in effect, from the line, the environment or by default", () => {
  const config = shown("server", ["--interval", "90", "-p", "8000"], {
    DEWY_LOG_LEVEL: "debug",
    DEWY_SLOT: "blue",
  });
  assert.equal(config["interval"], "1m30s");
  assert.equal(config["log-level"], "debug");
  assert.equal(config["slot"], "blue");
  assert.deepEqual([config["once"]], [false]);
  assert.equal(config["keep-releases"], 7);
  assert.equal(config["max-artifact-size"], "512MiB");
  assert.equal(config["registry"], null);
  assert.deepEqual(config["port"], ["8000"]);
  assert.deepEqual(config["notifier"], []);
});

Deno.test("a command shows its own options only", () => {
  assert.equal(shown("container", [])["replicas"], 1);
  assert.ok(!("replicas" in shown("assets", [])));
  assert.ok(!("help" in shown("assets", [])));
});

Deno.test("no secret is shown", () => {
  const env = { API_TOKEN: "t0ps3cret" };
  const config = JSON.stringify(shown("server", [
    ...["--registry", "s3://key:pa55word@eu/bucket/app?endpoint=http://x:1"],
    ...["--notifier", "webhooks://hooks.example/T0/B0/x7Yz?secret=abcdefgh"],
    ...["--notifier", "smtp://bob:hunter22@mail.example:587/ops@example.com"],
    ...["--before-deploy-hook", "curl -H 'Authorization: Bearer t0ps3cret' x"],
  ], env));
  assert.doesNotMatch(config, /pa55word|x7Yz|abcdefgh|hunter22|t0ps3cret/);
  assert.match(config, /bucket\/app/);
  assert.match(config, /smtp:\/\/\*\*\*@/);
  assert.match(config, /webhooks:\/\/hooks\.example\/\*\*\*/);
});
