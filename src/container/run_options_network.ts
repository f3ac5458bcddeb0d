import { addExposed, addHost, searchDomain } from "./network_values.ts";
import { addNetwork } from "./network_option.ts";
import type { SupportedRunOption } from "./run_option.ts";
import { ipAddress } from "./network_values.ts";

/** What the container reaches, and by which names. */
export const NETWORK_OPTIONS: readonly SupportedRunOption[] = [
  {
    name: "network",
    aliases: ["net"],
    takes: "NETWORK",
    field: "HostConfig.NetworkMode",
    example: "backend",
    note:
      'Also "name=NETWORK,alias=…,driver-opt=…". Several are joined in their order. Not "host", "none" or "container:…"',
    repeatable: true,
    set: (draft, value) => addNetwork(draft, value),
  },
  {
    name: "network-alias",
    aliases: ["net-alias"],
    takes: "NAME",
    field: "NetworkingConfig.EndpointsConfig",
    example: "web",
    note: "On the first --network",
    repeatable: true,
    set: (draft, value) => {
      draft.aliases.push(value);
    },
  },
  {
    name: "dns",
    takes: "ADDRESS",
    field: "HostConfig.Dns",
    example: "192.0.2.53",
    repeatable: true,
    set: (draft, value) => {
      (draft.host.Dns ??= []).push(ipAddress(value));
    },
  },
  {
    name: "dns-search",
    takes: "DOMAIN",
    field: "HostConfig.DnsSearch",
    example: "example.org",
    repeatable: true,
    set: (draft, value) => {
      (draft.host.DnsSearch ??= []).push(searchDomain(value));
    },
  },
  {
    name: "dns-option",
    aliases: ["dns-opt"],
    takes: "OPTION",
    field: "HostConfig.DnsOptions",
    example: "ndots:2",
    repeatable: true,
    set: (draft, value) => {
      (draft.host.DnsOptions ??= []).push(value);
    },
  },
  {
    name: "add-host",
    takes: "NAME:ADDRESS",
    field: "HostConfig.ExtraHosts",
    example: "db:192.0.2.7",
    note: 'The address "host-gateway" is the host',
    repeatable: true,
    set: (draft, value) => addHost(draft, value),
  },
  {
    name: "expose",
    takes: "PORT[-PORT][/PROTOCOL]",
    field: "ExposedPorts",
    example: "9000/udp",
    note: "Publishes nothing: that is --port of dewy",
    repeatable: true,
    set: (draft, value) => addExposed(draft, value),
  },
];
