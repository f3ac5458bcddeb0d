import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import {
  type CreateBody,
  createBody,
} from "../../../src/container/create_body.ts";
import type { RunSurroundings } from "../../../src/container/run_option.ts";
import {
  parseRunOptions,
  readEnvFiles,
  type RunOptions,
} from "../../../src/container/run_options.ts";

/** A host without variables. */
export const SURROUNDINGS: RunSurroundings = {
  env: () => undefined,
  workdir: "/srv/web",
};

/** Reads options, with files given by their text. */
export async function readRun(
  words: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<RunOptions> {
  return await readEnvFiles(parseRunOptions(words, SURROUNDINGS), {
    env: SURROUNDINGS.env,
    readFile: (path) => Promise.resolve(new TextEncoder().encode(files[path])),
  });
}

/** Returns the create request for one port, 8080. */
export async function bodyOf(words: readonly string[]): Promise<CreateBody> {
  return createBody(await readRun(words), {
    image: "sha256:1",
    labels: { "dewy.managed": "true" },
    command: [],
    ports: [8080],
    user: "1000:1000",
  });
}

/** Returns what refusing `words` says. */
export function refusal(
  words: readonly string[],
  surroundings: RunSurroundings = SURROUNDINGS,
): ConfigError {
  try {
    parseRunOptions(words, surroundings);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
  assert.fail(`Not refused: ${words.join(" ")}`);
}
