import { SourceError } from "../base/errors.ts";
import type { ListenAddress } from "../base/listen_address.ts";
import type { Libc } from "./libc.ts";
import {
  listenAddressOf,
  SOCKET_ADDRESS_BYTES,
  type SocketConstants,
} from "./socket_address.ts";

/** A listening socket that was there before dewy. */
export interface InheritedSocket {
  readonly fd: number;
  readonly address: ListenAddress;
}

/** From where sockets are passed, by sd_listen_fds(3). */
const FIRST_FD = 3;

/**
 * Returns how many sockets a service manager passed to this process, as
 * sd_listen_fds(3) reads the environment; none that are meant for another one.
 */
export function inheritedCount(
  env: Readonly<Record<string, string>>,
  pid: number,
): number {
  if (env["LISTEN_PID"] !== String(pid)) return 0;
  const text = env["LISTEN_FDS"] ?? "";
  return /^\d{1,4}$/.test(text) ? Number(text) : 0;
}

/**
 * Asks the system what the first `count` inherited descriptors are.
 *
 * @throws {SourceError} When one is not a stream socket that listens.
 */
export function inheritedSockets(
  count: number,
  { libc, constants }: {
    readonly libc: Libc;
    readonly constants: SocketConstants;
  },
): InheritedSocket[] {
  return Array.from({ length: count }, (_, index) => {
    const fd = FIRST_FD + index;
    const address = listens(fd, libc, constants)
      ? addressOf(fd, libc, constants)
      : undefined;
    if (address !== undefined) return { fd, address };
    throw new SourceError(
      "unavailable",
      `Cannot use descriptor ${fd}, which the service manager passed (LISTEN_FDS=${count}): it is no listening TCP or Unix socket`,
      {
        hint:
          "Use ListenStream= in the socket unit, with Accept=no, and nothing else",
      },
    );
  });
}

function listens(fd: number, libc: Libc, constants: SocketConstants): boolean {
  const value = new Uint8Array(4);
  const length = new Uint8Array(new Uint32Array([4]).buffer);
  const { solSocket, soAcceptConn } = constants;
  return libc.call.getsockopt(fd, solSocket, soAcceptConn, value, length) ===
      0 && value.some((byte) => byte !== 0);
}

function addressOf(
  fd: number,
  libc: Libc,
  constants: SocketConstants,
): ListenAddress | undefined {
  const bytes = new Uint8Array(SOCKET_ADDRESS_BYTES);
  const length = new Uint32Array([bytes.length]);
  const failed = libc.call.getsockname(
    fd,
    bytes,
    new Uint8Array(length.buffer),
  );
  if (failed !== 0) return undefined;
  return listenAddressOf(bytes.subarray(0, length[0]), constants);
}

/**
 * Returns the socket that serves `address`. A port alone is IPv4, but it is
 * served by a socket on `[::]` too, which takes both: what `ListenStream=8000`
 * opens.
 */
export function findInherited(
  address: ListenAddress,
  sockets: readonly InheritedSocket[],
): InheritedSocket | undefined {
  return sockets.find((socket) => keyOf(socket.address) === keyOf(address)) ??
    (address.kind === "tcp" && address.host === undefined
      ? sockets.find((socket) =>
        keyOf(socket.address) === keyOf({ ...address, host: "::" })
      )
      : undefined);
}

function keyOf(address: ListenAddress): string {
  return address.kind === "unix"
    ? address.path
    : `${address.host ?? "0.0.0.0"} ${address.port}`;
}
