import { addMount } from "./mount_option.ts";
import type { SupportedRunOption } from "./run_option.ts";
import { pair, put } from "./run_option_values.ts";
import { addTmpfs, addVolume } from "./volume_option.ts";

/** What the container sees of the host's disks. */
export const STORAGE_OPTIONS: readonly SupportedRunOption[] = [
  {
    name: "volume",
    short: "v",
    takes: "[SOURCE:]TARGET[:MODE]",
    field: "HostConfig.Binds",
    example: "./data:/data:ro",
    note:
      "A source with a dot first starts from dewy's working directory. Not the socket of an engine, nor a folder that holds one",
    repeatable: true,
    set: (draft, value) => addVolume(draft, value),
  },
  {
    name: "mount",
    takes: "KEY=VALUE,…",
    field: "HostConfig.Mounts",
    example: "type=bind,source=/srv/data,target=/data,readonly",
    note: "Types bind, volume and tmpfs. Sources as for --volume",
    repeatable: true,
    secret: true,
    set: (draft, value) => addMount(draft, value),
  },
  {
    name: "tmpfs",
    takes: "TARGET[:OPTIONS]",
    field: "HostConfig.Tmpfs",
    example: "/run:size=64m",
    repeatable: true,
    set: (draft, value) => addTmpfs(draft, value),
  },
  {
    name: "volume-driver",
    takes: "NAME",
    field: "HostConfig.VolumeDriver",
    example: "local",
    set: (draft, value) => {
      draft.host.VolumeDriver = value;
    },
  },
  {
    name: "storage-opt",
    takes: "NAME=VALUE",
    field: "HostConfig.StorageOpt",
    example: "size=10G",
    repeatable: true,
    set: (draft, value) => put(draft.host.StorageOpt ??= {}, ...pair(value)),
  },
];
