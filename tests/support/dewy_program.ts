import { fileURLToPath } from "node:url";
import { DEWY_FLAGS, UNSTABLE_FLAGS } from "../../scripts/runtime_flags.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

/** Names the dewy that tests run: `source`, the main script of a bundle, or a compiled program. */
export const PROGRAM_VARIABLE = "TEST_DEWY_PROGRAM";

/**
 * Returns the command that runs dewy, without its arguments: from source, or
 * what `TEST_DEWY_PROGRAM` names. Both scripts run under the flags that a
 * compiled program has built in.
 */
export function dewyCommand(): readonly [string, ...string[]] {
  const program = Deno.env.get(PROGRAM_VARIABLE) ?? "source";
  if (program === "source") {
    return [Deno.execPath(), "run", ...DEWY_FLAGS, "--config", CONFIG, MAIN];
  }
  if (!program.endsWith(".js")) return [program];
  const flags = ["--no-config", ...UNSTABLE_FLAGS, ...DEWY_FLAGS];
  return [Deno.execPath(), "run", ...flags, program];
}
