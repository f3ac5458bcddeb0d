import { addRate, addWeight } from "./device_option.ts";
import type { SupportedRunOption } from "./run_option.ts";
import { bytes, whole } from "./run_option_values.ts";

/** How fast a container may use disks. */
export const DISK_OPTIONS: readonly SupportedRunOption[] = [
  {
    name: "blkio-weight",
    takes: "NUMBER",
    field: "HostConfig.BlkioWeight",
    example: "300",
    set: (draft, value) => {
      draft.host.BlkioWeight = whole(value, { min: 0, max: 1000 });
    },
  },
  {
    name: "blkio-weight-device",
    takes: "DEVICE:NUMBER",
    field: "HostConfig.BlkioWeightDevice",
    example: "/dev/sda:300",
    repeatable: true,
    set: (draft, value) => addWeight(draft, value),
  },
  {
    name: "device-read-bps",
    takes: "DEVICE:SIZE",
    field: "HostConfig.BlkioDeviceReadBps",
    example: "/dev/sda:1mb",
    repeatable: true,
    set: (draft, value) =>
      addRate(draft.host.BlkioDeviceReadBps ??= [], value, bytes),
  },
  {
    name: "device-write-bps",
    takes: "DEVICE:SIZE",
    field: "HostConfig.BlkioDeviceWriteBps",
    example: "/dev/sda:1mb",
    repeatable: true,
    set: (draft, value) =>
      addRate(draft.host.BlkioDeviceWriteBps ??= [], value, bytes),
  },
  {
    name: "device-read-iops",
    takes: "DEVICE:NUMBER",
    field: "HostConfig.BlkioDeviceReadIOps",
    example: "/dev/sda:1000",
    repeatable: true,
    set: (draft, value) =>
      addRate(draft.host.BlkioDeviceReadIOps ??= [], value, whole),
  },
  {
    name: "device-write-iops",
    takes: "DEVICE:NUMBER",
    field: "HostConfig.BlkioDeviceWriteIOps",
    example: "/dev/sda:1000",
    repeatable: true,
    set: (draft, value) =>
      addRate(draft.host.BlkioDeviceWriteIOps ??= [], value, whole),
  },
];
