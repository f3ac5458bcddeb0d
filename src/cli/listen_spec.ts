import { isIPv4, isIPv6 } from "node:net";
import { ConfigError } from "../base/errors.ts";
import type { ListenAddress } from "../base/listen_address.ts";

const MAX_PORT = 65_535;
const MAX_RANGE = 100;
/** What `sun_path` of a socket address holds, without its final zero. */
const MAX_SOCKET_PATH_BYTES = 107;
const FIRST_UNPRIVILEGED_PORT = 1_024;

/**
 * Reads what `--port` of `server` takes: comma lists of `8000`, `8000-8003`,
 * `127.0.0.1:8000`, `[::1]:8000`, ranges of these, and socket paths (`/run/app.sock`,
 * `./app.sock`, `unix:app.sock`).
 *
 * @returns The addresses without duplicates, by port number, socket paths last.
 * @throws {ConfigError} When an item is none of these.
 */
export function parseListenSpecs(values: readonly string[]): ListenAddress[] {
  const items = values.flatMap((value) => value.split(","))
    .map((item) => item.trim())
    .filter((item) => item !== "");
  const unique = new Map<string, ListenAddress>();
  for (const address of items.flatMap(parseItem)) {
    const key = address.kind === "unix"
      ? `unix:${address.path}`
      : `${address.host ?? "0.0.0.0"} ${address.port}`;
    if (!unique.has(key)) unique.set(key, address);
  }
  return [...unique.values()].sort(compareAddresses);
}

/** Returns the ports that a user without privileges may not bind. */
export function privilegedPorts(listen: readonly ListenAddress[]): number[] {
  const ports = listen.flatMap((address) =>
    address.kind === "tcp" && address.port < FIRST_UNPRIVILEGED_PORT
      ? [address.port]
      : []
  );
  return [...new Set(ports)];
}

function parseItem(item: string): ListenAddress[] {
  if (/^(\.?\/|unix:)/.test(item)) return [socketAddress(item)];
  const colon = item.lastIndexOf(":");
  const ports = parsePorts(item.slice(colon + 1).trim());
  const host = colon <= 0 ? undefined : parseHost(item.slice(0, colon).trim());
  return ports.map((port) => tcpAddress(host, port));
}

function socketAddress(item: string): ListenAddress {
  const path = item.replace(/^unix:(\/\/(?=\/))?/, "");
  if (path === "") throw invalid(`socket path is missing in "${item}"`);
  if (new TextEncoder().encode(path).length > MAX_SOCKET_PATH_BYTES) {
    throw invalid(
      `socket path is longer than ${MAX_SOCKET_PATH_BYTES} bytes: "${path}"`,
    );
  }
  return { kind: "unix", spec: path, path };
}

function parseHost(text: string): string {
  if (text === "localhost") return "127.0.0.1";
  if (isIPv4(text)) return text;
  const [, inner = ""] = /^\[(.*)\]$/.exec(text) ?? [];
  if (isIPv6(inner) && !inner.includes("%")) {
    // The URL parser writes the one short form, so that duplicates are found.
    return new URL(`http://[${inner}]`).hostname.slice(1, -1);
  }
  if (/^\d+$/.test(text)) {
    throw invalid(
      `"${text}" is no address`,
      'Only "dewy container" takes PROXY:CONTAINER; write "--port PORT"',
    );
  }
  throw invalid(
    `"${text}" is no IPv4 or IPv6 address`,
    isIPv6(text)
      ? `Write an IPv6 address in brackets: "[${text}]:8000"`
      : 'Write an address such as "127.0.0.1:8000" or "[::1]:8000"',
  );
}

function parsePorts(text: string): number[] {
  if (!text.includes("-")) return [parsePort(text)];
  const [, from, to] = /^(\d+)\s*-\s*(\d+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined) {
    throw invalid(`invalid port range format: "${text}"`);
  }
  const start = parsePort(from);
  const end = parsePort(to);
  if (start > end) {
    throw invalid(
      `start port (${start}) cannot be greater than end port (${end})`,
    );
  }
  const length = end - start + 1;
  if (length > MAX_RANGE) {
    throw invalid(
      `port range too large (${length} ports), maximum allowed is ${MAX_RANGE}`,
    );
  }
  return Array.from({ length }, (_, index) => start + index);
}

function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= MAX_PORT) return port;
  throw invalid(`port must be a number from 1 to ${MAX_PORT}: "${text}"`);
}

function tcpAddress(host: string | undefined, port: number): ListenAddress {
  const prefix = host === undefined
    ? ""
    : host.includes(":")
    ? `[${host}]:`
    : `${host}:`;
  return { kind: "tcp", spec: `${prefix}${port}`, host, port };
}

function compareAddresses(a: ListenAddress, b: ListenAddress): number {
  if (a.kind === "tcp" && b.kind === "tcp") {
    return a.port - b.port || compareTexts(a.host ?? "", b.host ?? "");
  }
  if (a.kind !== b.kind) return a.kind === "unix" ? 1 : -1;
  return compareTexts(a.spec, b.spec);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function invalid(what: string, hint?: string): ConfigError {
  return new ConfigError(
    `invalid port specification: ${what}`,
    hint === undefined ? {} : { hint },
  );
}
