import { ConfigError, errorMessage } from "../base/errors.ts";
import { inherited } from "./env_option.ts";
import type { RunSurroundings } from "./run_option.ts";

/**
 * Reads a file of variables as docker does: a `NAME=VALUE` a line, nothing is
 * unquoted, `#` begins a comment at the start of a line only, and a `NAME` alone
 * has the value it has in dewy's own environment, if there is one.
 *
 * @throws {ConfigError} When it cannot be read or a line is wrong; the error names the line and repeats nothing of it.
 */
export async function readEnvFile(
  path: string,
  readFile: (path: string) => Promise<Uint8Array>,
  surroundings: Pick<RunSurroundings, "env">,
): Promise<string[]> {
  const text = decode(path, await read(path, readFile));
  const variables: string[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trimStart();
    if (line === "" || line.startsWith("#")) continue;
    const equals = line.indexOf("=");
    const name = equals === -1 ? line : line.slice(0, equals);
    if (name === "" || /[ \t]/.test(name)) throw badLine(path, index + 1);
    const variable = equals === -1 ? inherited(name, surroundings) : line;
    // Unlike --env, a file does not take a variable of the image away.
    if (variable !== name) variables.push(variable);
  }
  return variables;
}

async function read(
  path: string,
  readFile: (path: string) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ConfigError(
      `Cannot read "${path}" of option "--env-file": ${errorMessage(cause)}`,
      { cause, hint: "Check that the file is there and readable for dewy" },
    );
  }
}

function decode(path: string, content: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    // What the decoder says names neither the file nor the place.
    throw new ConfigError(
      `Cannot read "${path}" of option "--env-file": it is not UTF-8`,
      { hint: "Save the file as UTF-8" },
    );
  }
}

function badLine(path: string, line: number): ConfigError {
  return new ConfigError(
    `Cannot read "${path}" of option "--env-file": line ${line} has no name of a variable before its "=", or one with blanks`,
    { hint: 'Write NAME=VALUE in one line, without "export"' },
  );
}
