import { parseArgs } from "@std/cli";
import { ConfigError } from "../base/errors.ts";

/** What `dewy self-update` is asked for. */
export interface SelfUpdateRequest {
  /** Only say whether there is a newer version. */
  readonly check: boolean;
  /** The version to install, with or without `v`; the latest when left out. */
  readonly version: string | undefined;
  /** Replace the program even where a package manager put it. */
  readonly force: boolean;
}

const HINT = "Write: dewy self-update [--check] [--version VERSION] [--force]";

/**
 * Reads what follows `dewy self-update`. `--version` has a value here, so the
 * table of dewy's options does not serve.
 *
 * @throws {ConfigError} When there is anything else.
 */
export function parseSelfUpdate(args: readonly string[]): SelfUpdateRequest {
  const parsed = parseArgs([...args], {
    boolean: ["check", "force"],
    string: ["version"],
    unknown: (word) => {
      throw new ConfigError(
        `Cannot update: "${word}" is no option of self-update`,
        { hint: HINT },
      );
    },
  });
  const version = parsed["version"];
  if (version === "") {
    throw new ConfigError("Cannot update: --version needs a value", {
      hint: HINT,
    });
  }
  return {
    check: parsed["check"] === true,
    version: typeof version === "string" ? version : undefined,
    force: parsed["force"] === true,
  };
}
