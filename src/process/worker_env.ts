import type { ListenSocket } from "./listen_sockets.ts";
import { withoutServiceManager } from "./service_manager.ts";

/** First descriptor that a worker inherits, by both conventions. */
export const FIRST_FD = 3;

/** What the environment of a worker is made of. */
export interface WorkerEnvOptions {
  /** dewy's own environment. */
  readonly base: Readonly<Record<string, string>>;
  /** Variables of `ENVDIR`, which win over dewy's own. */
  readonly envdir: Readonly<Record<string, string>>;
  readonly sockets: readonly Pick<ListenSocket, "spec">[];
  readonly generation: number;
  readonly notifySocket: string | undefined;
}

/**
 * Returns the environment of a worker. The inherited sockets stand in it twice:
 * as Perl's Server::Starter has it (`SERVER_STARTER_PORT=8000=3;8001=4`), and as
 * systemd has it (`LISTEN_FDS`, see sd_listen_fds(3); `LISTEN_PID` is set by the
 * launching shell, which alone knows the process id).
 */
export function workerEnv(options: WorkerEnvOptions): Record<string, string> {
  const { base, envdir, sockets, generation, notifySocket } = options;
  const env = { ...withoutServiceManager(base), ...envdir };
  env["SERVER_STARTER_PORT"] = sockets
    .map(({ spec }, index) => `${spec}=${FIRST_FD + index}`).join(";");
  env["SERVER_STARTER_GENERATION"] = String(generation);
  if (sockets.length > 0) {
    env["LISTEN_FDS"] = String(sockets.length);
    // A name in LISTEN_FDNAMES must not hold a colon.
    env["LISTEN_FDNAMES"] = sockets
      .map(({ spec }) => spec.replaceAll(":", "_")).join(":");
  }
  if (notifySocket !== undefined) env["NOTIFY_SOCKET"] = notifySocket;
  return env;
}

/**
 * Reads a directory in which each file is one variable, as daemontools' envdir:
 * the name is the variable, the first line, trimmed, its value.
 */
export async function readEnvdir(
  directory: string,
): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for await (const entry of Deno.readDir(directory)) {
    const path = `${directory}/${entry.name}`;
    if (!(await Deno.stat(path)).isFile) continue;
    const [line = ""] = (await Deno.readTextFile(path)).split("\n");
    env[entry.name] = line.trim();
  }
  return env;
}
