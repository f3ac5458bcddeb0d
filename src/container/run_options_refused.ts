import { ADDRESS_TAKEN } from "./network_option.ts";
import type { RefusedRunOption } from "./run_option.ts";

const IN_BACKGROUND =
  "dewy starts containers in the background, without a terminal";
const PUBLISHES =
  "dewy publishes ports itself, on the loopback address only, and leads its proxy to them";
const ISOLATION = "it weakens what separates the container from the host";
const WINDOWS = "it exists on Windows only";
const PULLS = "dewy pulls the image itself, by its digest";

/** Options that would break what dewy promises, or that mean nothing with it. */
export const REFUSED_OPTIONS: readonly RefusedRunOption[] = [
  {
    name: "detach",
    short: "d",
    refused: IN_BACKGROUND,
    instead: "Leave it out",
  },
  { name: "detach-keys", takes: "KEYS", refused: IN_BACKGROUND },
  { name: "interactive", short: "i", refused: IN_BACKGROUND },
  { name: "tty", short: "t", refused: IN_BACKGROUND },
  { name: "attach", short: "a", takes: "STREAM", refused: IN_BACKGROUND },
  { name: "sig-proxy", refused: IN_BACKGROUND },
  {
    name: "publish",
    short: "p",
    takes: "PORTS",
    refused: PUBLISHES,
    instead: 'Write "--port PROXY:CONTAINER" before the "--"',
  },
  {
    name: "publish-all",
    short: "P",
    refused: "it publishes ports on all addresses of the host",
    instead: 'Write "--port PROXY:CONTAINER" before the "--"',
  },
  {
    name: "link",
    takes: "CONTAINER",
    refused:
      "it ties containers to others by a name that changes with each deploy",
    instead: "Join both to a network: --network NAME",
  },
  { name: "ip", takes: "ADDRESS", refused: ADDRESS_TAKEN },
  { name: "ip6", takes: "ADDRESS", refused: ADDRESS_TAKEN },
  { name: "link-local-ip", takes: "ADDRESS", refused: ADDRESS_TAKEN },
  { name: "mac-address", takes: "ADDRESS", refused: ADDRESS_TAKEN },
  {
    name: "rm",
    refused: "dewy removes containers itself, once it has read why they ended",
    instead: "Leave it out",
  },
  {
    name: "cidfile",
    takes: "FILE",
    refused: "there are many containers, and new ones with each deploy",
    instead: 'Write "dewy container list"',
  },
  {
    name: "label-file",
    takes: "FILE",
    refused: "the file could hold labels by which dewy knows its containers",
    instead: "Write them as --label NAME=VALUE",
  },
  { name: "privileged", refused: ISOLATION },
  { name: "pid", takes: "MODE", refused: ISOLATION },
  { name: "ipc", takes: "MODE", refused: ISOLATION },
  { name: "uts", takes: "MODE", refused: ISOLATION },
  { name: "userns", takes: "MODE", refused: ISOLATION },
  { name: "cgroupns", takes: "MODE", refused: ISOLATION },
  { name: "cap-add", takes: "CAPABILITY", refused: ISOLATION },
  { name: "security-opt", takes: "OPTION", refused: ISOLATION },
  {
    name: "device",
    takes: "DEVICE",
    refused: ISOLATION,
    instead: "Write --gpus for GPUs",
  },
  { name: "device-cgroup-rule", takes: "RULE", refused: ISOLATION },
  {
    name: "use-api-socket",
    refused: "whoever reaches the engine's socket is root on the host",
  },
  {
    name: "volumes-from",
    takes: "CONTAINER",
    refused: "it mounts what another container mounts, unseen",
    instead: "Name the volumes: --volume NAME:TARGET",
  },
  { name: "pull", takes: "WHEN", refused: PULLS, instead: "Leave it out" },
  { name: "quiet", short: "q", refused: PULLS, instead: "Leave it out" },
  { name: "disable-content-trust", refused: PULLS, instead: "Leave it out" },
  {
    name: "kernel-memory",
    takes: "SIZE",
    refused: "engines have it no more",
    instead: "Write --memory SIZE",
  },
  { name: "isolation", takes: "NAME", refused: WINDOWS },
  { name: "cpu-count", takes: "NUMBER", refused: WINDOWS },
  { name: "cpu-percent", takes: "NUMBER", refused: WINDOWS },
  { name: "io-maxbandwidth", takes: "SIZE", refused: WINDOWS },
  { name: "io-maxiops", takes: "NUMBER", refused: WINDOWS },
  {
    name: "help",
    refused: "it is no option of a container",
    instead: 'Write "dewy container --help"',
  },
];
