import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { ConfigError } from "../../base/errors.ts";

/** Addresses that begin with the same bits. */
interface Network {
  readonly bytes: readonly number[];
  readonly bits: number;
}

const PREFIX = /^\d{1,3}$/;
/** Answers that are remembered: proxies are few, and their connections many. */
const MAX_KNOWN = 4_096;

/**
 * Returns what tells whether an address is in one of the networks.
 *
 * @param values Addresses and networks in CIDR notation, IPv4 or IPv6.
 * @throws {ConfigError} When one is neither.
 */
export function trustedNetworks(
  values: readonly string[],
): (address: string) => boolean {
  const networks = values.map(parseNetwork);
  const known = new Map<string, boolean>();
  return (address) => {
    if (networks.length === 0) return false;
    const before = known.get(address);
    if (before !== undefined) return before;
    const bytes = bytesOf(address);
    const isTrusted = bytes !== undefined &&
      networks.some((network) => isIn(bytes, network));
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(address, isTrusted);
    return isTrusted;
  };
}

function parseNetwork(value: string): Network {
  const text = value.trim();
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  // What was written decides how many bits there are, also for a mapped address.
  const size = isIP(address) === 6 ? 128 : 32;
  const bytes = bytesOf(address);
  if (bytes === undefined) throw refusal(value, "is no IP address");
  const prefix = slash < 0 ? `${size}` : text.slice(slash + 1);
  const isPrefix = PREFIX.test(prefix) && Number(prefix) <= size;
  if (!isPrefix) throw refusal(value, `has no prefix from 0 to ${size}`);
  const unsaid = size - bytes.length * 8;
  const bits = Number(prefix) - unsaid;
  if (bits < 0) throw refusal(value, "is more than all IPv4 addresses");
  return { bytes, bits };
}

/** Four bytes for IPv4, also where it is written as IPv6, or sixteen. */
function bytesOf(address: string): readonly number[] | undefined {
  // The library takes more than that for an address, such as 0x7f.1.
  if (isIP(address) === 0) return undefined;
  return ipaddr.process(address).toByteArray();
}

function isIn(bytes: readonly number[], network: Network): boolean {
  if (bytes.length !== network.bytes.length) return false;
  const whole = network.bits >> 3;
  for (let at = 0; at < whole; at++) {
    if (bytes[at] !== network.bytes[at]) return false;
  }
  const rest = 8 - (network.bits & 7);
  if (rest === 8) return true;
  return (bytes[whole] ?? 0) >> rest === (network.bytes[whole] ?? 0) >> rest;
}

function refusal(value: string, why: string): ConfigError {
  return new ConfigError(`Cannot trust the proxy "${value}": it ${why}`, {
    hint:
      "Write --trusted-proxy as an address or a network: 10.0.0.7, 10.0.0.0/8, fd00::/8",
  });
}
