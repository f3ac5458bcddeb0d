import { listenFailure } from "../base/listen_failure.ts";
import { ConfigError, SourceError } from "../base/errors.ts";
import type { ListenAddress } from "../base/listen_address.ts";
import {
  findInherited,
  type InheritedSocket,
  inheritedSockets,
} from "./inherited_sockets.ts";
import { errnoName, socketFileFailure } from "./listen_failure.ts";
import type { Libc } from "./libc.ts";
import { removeIfThere, removeStaleSocket } from "./socket_file.ts";
import {
  AF_UNIX,
  portOf,
  SOCKET_CONSTANTS,
  type SocketAddress,
  type SocketConstants,
  tcpAddress,
  unixAddress,
} from "./socket_address.ts";

/** A socket that dewy listens on, for workers to inherit. */
export interface ListenSocket {
  /** As it stands in `SERVER_STARTER_PORT`: `8000`, `127.0.0.1:8000`, `/run/app.sock`. */
  readonly spec: string;
  readonly fd: number;
  close(): void;
}

const SOCK_STREAM = 1;
const IPPROTO_IPV6 = 41;
const BACKLOG = 4096;
const F_GETFD = 1;

/**
 * Lowest descriptor a listening socket is given here. A worker gets its sockets
 * as 3, 4, …; a source number within that row would be overwritten before its
 * turn, so the sources stand above every row that the port grammar allows.
 */
const LOWEST_FD = 512;

/**
 * Opens listening sockets that no child inherits unless it is given them.
 * Every socket is closed with its owner.
 */
export class SocketOpener {
  #libc: Libc;
  #constants: SocketConstants;

  constructor(libc: Libc) {
    const constants = SOCKET_CONSTANTS[Deno.build.os];
    if (constants === undefined) {
      throw new SourceError(
        "unavailable",
        `Cannot open listening sockets on "${Deno.build.os}": only Linux and macOS are supported`,
      );
    }
    this.#constants = constants;
    this.#libc = libc;
  }

  /**
   * Opens all of `addresses`, or none. Those that are among the first
   * `inherited` descriptors above 2 are taken from there, and without
   * addresses all of these.
   *
   * @throws {SourceError} When one is taken or may not be opened.
   * @throws {ConfigError} When an inherited socket is not among the addresses.
   */
  async openAll(
    addresses: readonly ListenAddress[],
    inherited = 0,
  ): Promise<ListenSocket[]> {
    const constants = this.#constants;
    const given = inheritedSockets(inherited, { libc: this.#libc, constants });
    const wanted = addresses.length > 0
      ? addresses
      : given.map(({ address }) => address);
    refuseUnasked(given, wanted);
    const sockets: ListenSocket[] = [];
    try {
      for (const address of wanted) {
        const found = findInherited(address, given);
        if (found !== undefined) sockets.push(this.#adopt(found.fd, address));
        else if (address.kind === "tcp") {
          sockets.push(this.#openTcp(address, wanted));
        } else sockets.push(await this.#openUnix(address.path, address.spec));
      }
    } catch (error) {
      for (const socket of sockets) socket.close();
      throw error;
    }
    return sockets;
  }

  /** A socket file belongs to whoever opened it, and stays. */
  #adopt(inherited: number, { kind, spec }: ListenAddress): ListenSocket {
    const fd = this.#raise(inherited, () => this.#failure(spec, kind));
    return { spec, fd, close: () => this.#close(fd) };
  }

  /** Opens a socket on a free port of 127.0.0.1. */
  openLoopback(): ListenSocket & { readonly port: number } {
    const address = tcpAddress("127.0.0.1", 0, this.#constants);
    const fd = this.#listen(address, "127.0.0.1:0");
    const bytes = new Uint8Array(16);
    const length = new Uint8Array(new Uint32Array([16]).buffer);
    this.#libc.call.getsockname(fd, bytes, length);
    const port = portOf(bytes);
    return {
      spec: `127.0.0.1:${port}`,
      fd,
      port,
      close: () => this.#close(fd),
    };
  }

  #openTcp(
    address: ListenAddress & { kind: "tcp" },
    all: readonly ListenAddress[],
  ): ListenSocket {
    const socket = tcpAddress(address.host, address.port, this.#constants);
    // `[::]:80` also takes IPv4, unless the same port is asked for there too.
    const sharesPort = all.some((other) =>
      other.kind === "tcp" && other !== address && other.port === address.port
    );
    const fd = this.#listen(socket, address.spec, sharesPort);
    return { spec: address.spec, fd, close: () => this.#close(fd) };
  }

  async #openUnix(path: string, spec: string): Promise<ListenSocket> {
    await removeStaleSocket(path).catch((cause: unknown) => {
      throw socketFileFailure(spec, cause);
    });
    const fd = this.#listen(unixAddress(path, this.#constants), spec);
    return {
      spec,
      fd,
      close: () => {
        this.#close(fd);
        removeIfThere(path);
      },
    };
  }

  #listen(address: SocketAddress, spec: string, v6Only = false): number {
    const { solSocket, soReuseAddr, ipv6Only, afInet6 } = this.#constants;
    const { call } = this.#libc;
    const kind = address.family === AF_UNIX ? "unix" : "tcp";
    const fd = this.#raise(
      call.socket(address.family, SOCK_STREAM, 0),
      () => this.#failure(spec, kind),
    );
    const one = new Uint8Array(new Int32Array([1]).buffer);
    if (address.family !== AF_UNIX) {
      call.setsockopt(fd, solSocket, soReuseAddr, one, 4);
    }
    if (address.family === afInet6) {
      const value = v6Only ? one : new Uint8Array(4);
      call.setsockopt(fd, IPPROTO_IPV6, ipv6Only, value, 4);
    }
    const ok = call.bind(fd, address.bytes, address.bytes.length) === 0 &&
      call.listen(fd, BACKLOG) === 0;
    if (ok) return fd;
    const failure = this.#failure(spec, kind);
    this.#close(fd);
    throw failure;
  }

  /** Moves a new socket to a high number, kept from every child that is not given it. */
  #raise(fd: number, failed: () => Error): number {
    if (fd < 0) throw failed();
    const { call } = this.#libc;
    let target = LOWEST_FD;
    while (call.fcntl(target, F_GETFD) !== -1) target++;
    const raised = call.dup2(fd, target);
    const failure = raised < 0 ? failed() : undefined;
    this.#close(fd);
    if (failure !== undefined) throw failure;
    call.ioctl(raised, this.#constants.fioclex);
    return raised;
  }

  #close(fd: number): void {
    this.#libc.call.close(fd);
  }

  #failure(spec: string, kind: "tcp" | "unix"): SourceError {
    const code = errnoName(this.#libc.errno(), this.#constants);
    return listenFailure(spec, { kind, code });
  }
}

/** A port that is open and answers nobody would be an outage that nothing shows. */
function refuseUnasked(
  given: readonly InheritedSocket[],
  wanted: readonly ListenAddress[],
): void {
  const used = wanted.map((address) => findInherited(address, given));
  const unasked = given.find((socket) => !used.includes(socket));
  if (unasked === undefined) return;
  const { spec } = unasked.address;
  throw new ConfigError(
    `Cannot use the socket "${spec}" that the service manager passed: no --port names it`,
    {
      hint:
        "Make the socket unit and --port agree, or leave --port out to take all sockets as they are",
    },
  );
}
