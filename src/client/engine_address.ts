import { ConfigError } from "../base/errors.ts";
import type { EngineKind } from "./engine_types.ts";

/** Where a container engine listens. */
export interface EngineAddress {
  readonly kind: EngineKind;
  /** Unix socket. */
  readonly path: string;
  /** What says so: a variable's name, or `default`. */
  readonly from: string;
}

/** Whose engine is looked for. */
export interface EngineOwner {
  readonly kind: EngineKind;
  readonly env: Readonly<Record<string, string>>;
  /** User that dewy runs as. */
  readonly uid: number;
}

/** Variables that name the engine, as its own command reads them. */
const VARIABLES = { docker: "DOCKER_HOST", podman: "CONTAINER_HOST" } as const;
/** Sockets of engines that run as root. */
const ROOTFUL = {
  docker: "/var/run/docker.sock",
  podman: "/run/podman/podman.sock",
} as const;
const ROOTLESS = {
  docker: "docker.sock",
  podman: "podman/podman.sock",
} as const;

/**
 * Returns where the engine listens: what `DOCKER_HOST` or `CONTAINER_HOST` says,
 * else the user's own engine, if its socket is there, else that of root.
 *
 * @throws {ConfigError} When the variable names anything but a Unix socket.
 */
export async function findEngine(owner: EngineOwner): Promise<EngineAddress> {
  const { kind, env, uid } = owner;
  const from = VARIABLES[kind];
  const host = env[from] ?? "";
  if (host !== "") return { kind, path: parseEngineHost(host, from), from };
  const rootful = { kind, path: ROOTFUL[kind], from: "default" };
  if (uid === 0) return rootful;
  const folder = env["XDG_RUNTIME_DIR"] || `/run/user/${uid}`;
  const path = `${folder}/${ROOTLESS[kind]}`;
  // Nobody but root reaches Podman's own, so that the error had better name this one.
  return kind === "podman" || await isThere(path)
    ? { kind, path, from: "default" }
    : rootful;
}

/**
 * Returns the path in a value of `DOCKER_HOST` or `CONTAINER_HOST`.
 *
 * @throws {ConfigError} When it is no Unix socket.
 */
export function parseEngineHost(host: string, variable: string): string {
  const [, path] = /^unix:\/\/(\/.+)$/.exec(host) ?? [];
  if (path !== undefined) return path;
  // The whole value may hold a password.
  const scheme = /^[a-z]+:\/\//.exec(host)?.[0] ?? "";
  throw new ConfigError(
    `Cannot use ${variable}: it must be unix:///PATH${
      scheme === "" || scheme === "unix://" ? "" : `, and begins with ${scheme}`
    }`,
    {
      hint:
        "dewy talks to an engine on its own host only: backends are on its loopback address",
    },
  );
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied;
    if (isAbsent) return false;
    throw error;
  }
}
