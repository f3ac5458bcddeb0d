import { LIBC_PATHS } from "../src/process/libc.ts";

/**
 * What the dewy program may do, and nothing more: the flags it is compiled with,
 * and that it is run with from source and in every integration test.
 *
 * Files, environment and programs are the user's own choice (working directory,
 * registry, hooks, application), so they cannot be narrowed at build time.
 */
export const DEWY_PERMISSIONS: readonly string[] = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-run",
  "--allow-net",
  "--allow-sys=hostname",
  `--allow-ffi=${Object.values(LIBC_PATHS).flat().join(",")}`,
];
