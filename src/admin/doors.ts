import { basename, dirname, join, resolve } from "node:path";
import {
  errorMessage,
  FilesystemError,
  SourceError,
  systemErrorCode,
} from "../base/errors.ts";
import { isSocketPath, ShortWay } from "./short_way.ts";

/** So many ports are tried, counted up from the first. */
export const ADMIN_PORTS_TRIED = 10;

/** Where the socket is, from the working directory. */
export const ADMIN_SOCKET = join(".dewy", "admin.sock");

/** Whoever may open the socket may act. */
const OWNER_ONLY = 0o600;
/** Where it is made first; shorter than the name it gets. */
const BESIDE = ".a-";
/** The longest path that is made in its folder, but for its own name. */
const PATH_BESIDE = join(`${BESIDE}0123456789abcdef`, "s");

/**
 * Listens on the loopback address, on `firstPort` or one of the nine after it.
 *
 * @throws {SourceError} When none of them is free.
 */
export function listenOnPort(firstPort: number): Deno.TcpListener {
  const listener = listenOnFree(firstPort);
  if (listener !== undefined) return listener;
  const last = firstPort + ADMIN_PORTS_TRIED - 1;
  throw new SourceError(
    "unavailable",
    `Cannot open the admin API: ports ${firstPort} to ${last} are in use`,
    { hint: "Choose others with --admin-port" },
  );
}

/**
 * Listens on one of the ten ports behind those of {@link listenOnPort}, which
 * are left to a dewy that was asked for one: somebody looks for it there.
 * Returns nothing when none of them is free.
 */
export function listenAside(firstPort: number): Deno.TcpListener | undefined {
  return listenOnFree(firstPort + ADMIN_PORTS_TRIED);
}

function listenOnFree(firstPort: number): Deno.TcpListener | undefined {
  for (let at = 0; at < ADMIN_PORTS_TRIED; at++) {
    try {
      return Deno.listen({ hostname: "127.0.0.1", port: firstPort + at });
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  return undefined;
}

/** How {@link listenOnSocket} ended. */
export type OpenedSocket =
  | {
    readonly listener: Deno.UnixListener;
    /** Where its file is, to be removed in the end. */
    readonly address: string;
  }
  /** dewy goes on without it. */
  | { readonly problem: Error };

/**
 * Listens on a Unix socket that only this user may open. A socket that a killed
 * dewy left behind is replaced; no other dewy can be listening on it, since the
 * working directory is locked. However deep the folder is, the socket is there;
 * clients have to name it by a path that is short enough, such as a relative one.
 *
 * @param path Absolute, or from `root`.
 */
export async function listenOnSocket(
  root: string,
  path: string,
): Promise<OpenedSocket> {
  const address = resolve(root, path);
  try {
    await using way = await ShortWay.to(dirname(address), PATH_BESIDE);
    const near = join(way.path, basename(address));
    if (!isSocketPath(near)) return { problem: tooLong(path) };
    await refuseOccupied(near);
    return { address, listener: await openForOwner(near) };
  } catch (error) {
    const message = `Cannot listen on "${path}": ${errorMessage(error)}`;
    const { hint = "Choose another place with --admin-socket" } =
      FilesystemError.wrap(message, error);
    return { problem: new FilesystemError(message, { cause: error, hint }) };
  }
}

/** @throws When something else than a socket is there, or a program listens on it. */
async function refuseOccupied(path: string): Promise<void> {
  try {
    const { isSocket } = await Deno.lstat(path);
    if (!isSocket) throw new Error("a file that is no socket is in the way");
    if (await isAlive(path)) throw new Error("another program listens on it");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function isAlive(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "ECONNREFUSED") return false;
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

/** Opens it in a folder that nobody else may enter, and moves it out when its mode is right. */
async function openForOwner(path: string): Promise<Deno.UnixListener> {
  const folder = await Deno.makeTempDir({ dir: dirname(path), prefix: BESIDE });
  const beside = join(folder, "s");
  try {
    const listener = Deno.listen({ transport: "unix", path: beside });
    try {
      await Deno.chmod(beside, OWNER_ONLY);
      await Deno.rename(beside, path);
      return listener;
    } catch (error) {
      listener.close();
      throw error;
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function tooLong(path: string): Error {
  return new FilesystemError(
    `Cannot listen on "${path}": the name is too long for a socket`,
    { hint: "Choose a shorter one with --admin-socket" },
  );
}
