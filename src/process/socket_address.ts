import { ConfigError } from "../base/errors.ts";
import type { ListenAddress } from "../base/listen_address.ts";

/** Numbers of the socket calls that differ between systems. */
export interface SocketConstants {
  readonly afInet6: number;
  readonly solSocket: number;
  readonly soReuseAddr: number;
  readonly ipv6Only: number;
  readonly soAcceptConn: number;
  /** Whether a `sockaddr` begins with its length. */
  readonly lengthPrefix: boolean;
  /** Room for the path in a Unix socket address, its final zero byte included. */
  readonly unixPathBytes: number;
  /** `ioctl` request that keeps a descriptor from children. */
  readonly fioclex: bigint;
  readonly eaddrinuse: number;
  readonly eacces: number;
  readonly eaddrnotavail: number;
  readonly eafnosupport: number;
}

/** From the headers of glibc and musl (x86-64, arm64) and of macOS. */
export const SOCKET_CONSTANTS: Readonly<Record<string, SocketConstants>> = {
  linux: {
    afInet6: 10,
    solSocket: 1,
    soReuseAddr: 2,
    ipv6Only: 26,
    soAcceptConn: 30,
    lengthPrefix: false,
    unixPathBytes: 108,
    fioclex: 0x5451n,
    eaddrinuse: 98,
    eacces: 13,
    eaddrnotavail: 99,
    eafnosupport: 97,
  },
  darwin: {
    afInet6: 30,
    solSocket: 0xffff,
    soReuseAddr: 4,
    ipv6Only: 27,
    soAcceptConn: 2,
    lengthPrefix: true,
    unixPathBytes: 104,
    fioclex: 0x20006601n,
    eaddrinuse: 48,
    eacces: 13,
    eaddrnotavail: 49,
    eafnosupport: 47,
  },
};

/** `AF_UNIX`, the same everywhere. */
export const AF_UNIX = 1;
/** `AF_INET`, the same everywhere. */
const AF_INET = 2;

/** A `sockaddr` ready for `bind()`. */
export interface SocketAddress {
  readonly family: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Builds the address of a TCP socket.
 *
 * @throws {ConfigError} When `host` is neither an IP address nor `localhost`.
 */
export function tcpAddress(
  host: string | undefined,
  port: number,
  constants: SocketConstants,
): SocketAddress {
  const name = host === "localhost" ? "127.0.0.1" : host ?? "0.0.0.0";
  const v4 = parseIpv4(name);
  if (v4 !== undefined) {
    const bytes = new Uint8Array(16);
    header(bytes, AF_INET, constants);
    bytes.set([port >> 8, port & 255, ...v4], 2);
    return { family: AF_INET, bytes };
  }
  const v6 = parseIpv6(name);
  if (v6 === undefined) {
    throw new ConfigError(
      `Cannot listen on "${name}:${port}": not an IP address`,
      {
        hint:
          "Write an IPv4 address, an IPv6 address in brackets, or only the port",
      },
    );
  }
  const bytes = new Uint8Array(28);
  header(bytes, constants.afInet6, constants);
  bytes.set([port >> 8, port & 255], 2);
  bytes.set(v6, 8);
  return { family: constants.afInet6, bytes };
}

/**
 * Builds the address of a Unix socket.
 *
 * @throws {ConfigError} When the path is longer than the system allows.
 */
export function unixAddress(
  path: string,
  constants: SocketConstants,
): SocketAddress {
  const encoded = new TextEncoder().encode(path);
  if (encoded.length >= constants.unixPathBytes) {
    throw new ConfigError(
      `Cannot listen on "${path}": a Unix socket path has at most ${
        constants.unixPathBytes - 1
      } bytes`,
      { hint: "Use a shorter path, such as one below /run" },
    );
  }
  const bytes = new Uint8Array(2 + constants.unixPathBytes);
  header(bytes, AF_UNIX, constants);
  bytes.set(encoded, 2);
  return { family: AF_UNIX, bytes };
}

/** The longest `sockaddr` here: that of a Unix socket. */
export const SOCKET_ADDRESS_BYTES = 110;

/**
 * Returns what a `sockaddr` says; `undefined` for one that is neither IPv4 nor
 * IPv6 nor the path of a Unix socket.
 */
export function listenAddressOf(
  bytes: Uint8Array,
  constants: SocketConstants,
): ListenAddress | undefined {
  const [first = 0, second = 0] = bytes;
  const family = constants.lengthPrefix ? second : first | second << 8;
  const port = portOf(bytes);
  if (family === AF_INET) {
    const host = bytes.subarray(4, 8).join(".");
    return host === "0.0.0.0"
      ? { kind: "tcp", spec: String(port), host: undefined, port }
      : { kind: "tcp", spec: `${host}:${port}`, host, port };
  }
  if (family === constants.afInet6) {
    const host = ipv6Text(bytes.subarray(8, 24));
    return { kind: "tcp", spec: `[${host}]:${port}`, host, port };
  }
  if (family !== AF_UNIX || bytes[2] === 0) return undefined;
  const [path = ""] = new TextDecoder().decode(bytes.subarray(2)).split("\0");
  return path === "" ? undefined : { kind: "unix", spec: path, path };
}

/** In the one short form that `URL` writes. */
function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => {
    const [high = 0, low = 0] = bytes.subarray(index * 2, index * 2 + 2);
    return (high << 8 | low).toString(16);
  });
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

/** Returns the port in a `sockaddr_in` or `sockaddr_in6`. */
export function portOf(address: Uint8Array): number {
  return ((address[2] ?? 0) << 8) | (address[3] ?? 0);
}

function header(
  bytes: Uint8Array,
  family: number,
  constants: SocketConstants,
): void {
  if (constants.lengthPrefix) bytes.set([bytes.length, family]);
  else bytes.set([family & 255, family >> 8]);
}

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const numbers = parts.map((part) =>
    /^\d{1,3}$/.test(part) ? Number(part) : 256
  );
  return numbers.every((number) => number <= 255) ? numbers : undefined;
}

/** Leaves the grammar of IPv6 to `URL`, which writes every form out the same way. */
function parseIpv6(text: string): Uint8Array | undefined {
  const url = `http://[${text}]/`;
  if (!text.includes(":") || !URL.canParse(url)) return undefined;
  const [head = "", tail] = new URL(url).hostname.slice(1, -1).split("::");
  const left = head.split(":").filter((group) => group !== "");
  const right = (tail ?? "").split(":").filter((group) => group !== "");
  const zeros = new Array<string>(8 - left.length - right.length).fill("0");
  const groups = [...left, ...zeros, ...right].map((group) =>
    parseInt(group, 16)
  );
  return new Uint8Array(groups.flatMap((group) => [group >> 8, group & 255]));
}
