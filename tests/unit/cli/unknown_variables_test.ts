import assert from "node:assert/strict";
import { envName, OPTIONS } from "../../../src/cli/options.ts";
import { unknownVariables } from "../../../src/cli/unknown_variables.ts";

Deno.test("unknownVariables() names what was probably meant", () => {
  const env = {
    DEWY_REGISTY: "file:///srv",
    DEWY_LOGLEVEL: "debug",
    DEWY_CACHE_DIR: "/var/cache",
    DEWY_BANANAS: "1",
    HOME: "/root",
    DEW_REGISTRY: "",
  };
  assert.deepEqual(unknownVariables(env), [
    { name: "DEWY_BANANAS", nearest: undefined },
    { name: "DEWY_CACHE_DIR", nearest: "DEWY_CACHEDIR" },
    { name: "DEWY_LOGLEVEL", nearest: "DEWY_LOG_LEVEL" },
    { name: "DEWY_REGISTY", nearest: "DEWY_REGISTRY" },
  ]);
});

Deno.test("unknownVariables() knows every option, the cache folder and what hooks are given", () => {
  const names = [
    ...OPTIONS.filter((option) => !["help", "version"].includes(option.name))
      .map(envName),
    "DEWY_CACHEDIR",
    "DEWY_VERSION",
    "DEWY_PREVIOUS_VERSION",
    "DEWY_RELEASE_DIR",
    "DEWY_ARTIFACT",
    "DEWY_COMMAND",
  ];
  const env = Object.fromEntries(names.map((name) => [name, "x"]));
  assert.deepEqual(unknownVariables(env), []);
});
