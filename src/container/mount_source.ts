import { join, normalize } from "node:path/posix";
import { BadValue, type RunSurroundings } from "./run_option.ts";

const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Sockets that give whoever reaches them the engine, and with it the host. */
const ENGINE_SOCKETS = [
  "/run/docker.sock",
  "/var/run/docker.sock",
  "/run/podman/podman.sock",
  "/var/run/podman/podman.sock",
  "/run/containerd/containerd.sock",
  "/run/crio/crio.sock",
];
const SOCKET_NAME = /\/(?:docker|podman|containerd|crio)\.sock$/;

/**
 * Returns a source of `--volume` as the engine takes it: a name of a volume, or
 * an absolute path; a path that begins with a dot starts from the working directory.
 *
 * @throws {BadValue} When it is neither, or must not be mounted.
 */
export function volumeSource(
  source: string,
  surroundings: RunSurroundings,
): string {
  if (VOLUME_NAME.test(source)) return source;
  return bindSource(source, surroundings);
}

/** Returns the absolute path of a bind mount. */
export function bindSource(
  source: string,
  surroundings: RunSurroundings,
): string {
  const path = source.startsWith(".")
    ? normalize(join(surroundings.workdir, source)).replace(/(.)\/$/, "$1")
    : source;
  if (!path.startsWith("/")) {
    throw new BadValue(
      'name a volume, or a path of the host that begins with "/" or "."',
    );
  }
  refuseEngine(path, surroundings);
  return path;
}

/**
 * Refuses a path that is, or that holds, the socket of an engine: through it a
 * container could undo everything else that is refused. Only the path itself is
 * looked at, since the engine may see other links than dewy does.
 */
export function refuseEngine(
  path: string,
  surroundings: RunSurroundings,
): void {
  const clean = normalize(path).replace(/\/+$/, "");
  const sockets = surroundings.engineSocket === undefined
    ? ENGINE_SOCKETS
    : [...ENGINE_SOCKETS, surroundings.engineSocket];
  if (clean === "") {
    throw new BadValue("not mount the whole file system of the host", {
      hint: "Mount the folder that the program needs",
    });
  }
  const isThere = SOCKET_NAME.test(clean) ||
    sockets.some((socket) => `${socket}/`.startsWith(`${clean}/`));
  if (!isThere) return;
  throw new BadValue(
    "not mount the socket of a container engine, nor a folder that holds one",
    { hint: "Whoever reaches that socket is root on the host" },
  );
}

/** Returns the place of a mount within the container, without a trailing slash. */
export function mountTarget(target: string): string {
  const clean = normalize(target).replace(/(.)\/+$/, "$1");
  if (!target.startsWith("/") || clean === "/") {
    throw new BadValue(
      'name a path of the container that begins with "/" and is not "/"',
    );
  }
  return clean;
}
