import { join } from "node:path";

const MODE_BITS = 0o777;
const USUAL_MODE = 0o755;

/** Returns the umask, tried in the empty folder `root`. The system call that tells it needs a permission that extraction shall not have. */
export function umaskIn(root: string): number {
  const probe = join(root, ".umask");
  Deno.mkdirSync(probe, { mode: MODE_BITS });
  const { mode } = Deno.lstatSync(probe);
  Deno.removeSync(probe);
  return ~(mode ?? USUAL_MODE) & MODE_BITS;
}
