import { LIBC_PATHS } from "../src/process/libc.ts";
import config from "../deno.json" with { type: "json" };

/**
 * Has buffers of a download or an archive collected soon: the memory of unpacking
 * 1 GB is then that of unpacking 50 MB (scripts/bench/extract.ts).
 */
export const V8_FLAGS = "--v8-flags=--max-semi-space-size=1";

/**
 * The flags the dewy program is compiled with, and that it is run with from
 * source and in every integration test: what it may do, and nothing more.
 *
 * Files, environment and programs are the user's own choice (working directory,
 * registry, hooks, application), so they cannot be narrowed at build time.
 */
export const DEWY_FLAGS: readonly string[] = [
  "--no-prompt",
  // Else code may be loaded from a list of hosts that the runtime knows.
  "--deny-import",
  V8_FLAGS,
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-run",
  "--allow-net",
  // The host name is for audit records; the rest is what the cloud libraries ask for.
  "--allow-sys=hostname,osRelease,homedir,uid,gid,networkInterfaces",
  `--allow-ffi=${Object.values(LIBC_PATHS).flat().join(",")}`,
];

/** What deno.json switches on for a run from source, for programs that run without it. */
export const UNSTABLE_FLAGS: readonly string[] = config.unstable.map(
  (feature) => `--unstable-${feature}`,
);
