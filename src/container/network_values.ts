import { isIP, isIPv6 } from "node:net";
import { BadValue, type RunDraft } from "./run_option.ts";
import { put } from "./run_option_values.ts";

const DOMAIN =
  /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;
const PORTS = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i;

/** Returns an IP address without blanks around it. */
export function ipAddress(value: string): string {
  const address = value.trim();
  if (isIP(address) !== 0) return address;
  throw new BadValue('be an IP address such as "192.0.2.53"');
}

/** Returns a search domain; a dot alone is none. */
export function searchDomain(value: string): string {
  const domain = value.trim().replace(/(.)\.$/, "$1");
  const isName = /[a-z]/i.test(domain) && domain.length < 255 &&
    DOMAIN.test(domain);
  if (domain === "." || isName) return domain;
  throw new BadValue('be a domain such as "example.org", or "." for none');
}

/** Adds `NAME:ADDRESS` or `NAME=ADDRESS`; an IPv6 address may stand in brackets. */
export function addHost(draft: RunDraft, value: string): void {
  const [, name, given = ""] = /^([^=:]+)[=:](.+)$/s.exec(value) ?? [];
  const bare = /^\[(.*)\]$/s.exec(given)?.[1];
  const address = bare !== undefined && isIPv6(bare) ? bare : given;
  if (name === undefined || !(isIP(address) || address === "host-gateway")) {
    throw new BadValue('be a name and an IP address: "db:192.0.2.7"');
  }
  (draft.host.ExtraHosts ??= []).push(`${name}:${address}`);
}

/** Adds a port or a range of ports that the container says it listens on. */
export function addExposed(draft: RunDraft, value: string): void {
  const [, first, last = first, protocol = "tcp"] = PORTS.exec(value) ?? [];
  const from = Number(first);
  const to = Number(last);
  if (!(from >= 1 && from <= to && to <= 65_535)) {
    throw new BadValue('be a port or a range: "8080", "7000-7010/udp"');
  }
  const exposed = draft.body.ExposedPorts ??= {};
  for (let port = from; port <= to; port++) {
    put(exposed, `${port}/${protocol.toLowerCase()}`, {});
  }
}
