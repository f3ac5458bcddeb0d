import { versionLine } from "./version_line.ts";
import { writeAll } from "./write_all.ts";

/**
 * Runs the command line to its end and returns the exit code. `--version` alone
 * is answered before the rest of dewy is loaded, which takes longer than the
 * runtime's own start.
 */
export async function start(args: readonly string[]): Promise<number> {
  const isVersion = args.length === 1 && args[0] === "--version";
  if (isVersion && Deno.env.get("DEWY_LOG_FORMAT") === undefined) {
    writeAll(Deno.stdout, versionLine());
    return 0;
  }
  const { main } = await import("./main.ts");
  return await main(args);
}
