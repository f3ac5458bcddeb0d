import type { SupportedRunOption } from "./run_option.ts";
import { addGpus } from "./gpus_option.ts";
import { bytes, flag, nanoCpus, whole } from "./run_option_values.ts";

/** How much of the host a container may have. */
export const RESOURCE_OPTIONS: readonly SupportedRunOption[] = [
  {
    name: "memory",
    short: "m",
    takes: "SIZE",
    field: "HostConfig.Memory",
    example: "512m",
    set: (draft, value) => {
      draft.host.Memory = bytes(value);
    },
  },
  {
    name: "memory-swap",
    takes: "SIZE",
    field: "HostConfig.MemorySwap",
    example: "1g",
    note: "Memory and swap together; -1 for no limit",
    set: (draft, value) => {
      draft.host.MemorySwap = value === "-1" ? -1 : bytes(value);
    },
  },
  {
    name: "memory-reservation",
    takes: "SIZE",
    field: "HostConfig.MemoryReservation",
    example: "256m",
    set: (draft, value) => {
      draft.host.MemoryReservation = bytes(value);
    },
  },
  {
    name: "memory-swappiness",
    takes: "PERCENT",
    field: "HostConfig.MemorySwappiness",
    example: "10",
    set: (draft, value) => {
      draft.host.MemorySwappiness = whole(value, { min: -1, max: 100 });
    },
  },
  {
    name: "shm-size",
    takes: "SIZE",
    field: "HostConfig.ShmSize",
    example: "128m",
    set: (draft, value) => {
      draft.host.ShmSize = bytes(value);
    },
  },
  {
    name: "oom-kill-disable",
    field: "HostConfig.OomKillDisable",
    example: "true",
    set: (draft, value) => {
      draft.host.OomKillDisable = flag(value);
    },
  },
  {
    name: "oom-score-adj",
    takes: "NUMBER",
    field: "HostConfig.OomScoreAdj",
    example: "-500",
    set: (draft, value) => {
      draft.host.OomScoreAdj = whole(value, { min: -1000, max: 1000 });
    },
  },
  {
    name: "pids-limit",
    takes: "NUMBER",
    field: "HostConfig.PidsLimit",
    example: "200",
    set: (draft, value) => {
      draft.host.PidsLimit = whole(value, { min: -1 });
    },
  },
  {
    name: "cpus",
    takes: "NUMBER",
    field: "HostConfig.NanoCpus",
    example: "1.5",
    set: (draft, value) => {
      draft.host.NanoCpus = nanoCpus(value);
    },
  },
  {
    name: "cpu-shares",
    short: "c",
    takes: "NUMBER",
    field: "HostConfig.CpuShares",
    example: "512",
    set: (draft, value) => {
      draft.host.CpuShares = whole(value, { min: 0 });
    },
  },
  {
    name: "cpu-period",
    takes: "MICROSECONDS",
    field: "HostConfig.CpuPeriod",
    example: "100000",
    set: (draft, value) => {
      draft.host.CpuPeriod = whole(value, { min: 0 });
    },
  },
  {
    name: "cpu-quota",
    takes: "MICROSECONDS",
    field: "HostConfig.CpuQuota",
    example: "50000",
    set: (draft, value) => {
      draft.host.CpuQuota = whole(value, { min: -1 });
    },
  },
  {
    name: "cpu-rt-period",
    takes: "MICROSECONDS",
    field: "HostConfig.CpuRealtimePeriod",
    example: "1000000",
    set: (draft, value) => {
      draft.host.CpuRealtimePeriod = whole(value, { min: 0 });
    },
  },
  {
    name: "cpu-rt-runtime",
    takes: "MICROSECONDS",
    field: "HostConfig.CpuRealtimeRuntime",
    example: "950000",
    set: (draft, value) => {
      draft.host.CpuRealtimeRuntime = whole(value, { min: 0 });
    },
  },
  {
    name: "cpuset-cpus",
    takes: "CPUS",
    field: "HostConfig.CpusetCpus",
    example: "0-1",
    set: (draft, value) => {
      draft.host.CpusetCpus = value;
    },
  },
  {
    name: "cpuset-mems",
    takes: "NODES",
    field: "HostConfig.CpusetMems",
    example: "0",
    set: (draft, value) => {
      draft.host.CpusetMems = value;
    },
  },
  {
    name: "gpus",
    takes: "REQUEST",
    field: "HostConfig.DeviceRequests",
    example: "all",
    repeatable: true,
    set: (draft, value) => addGpus(draft, value),
  },
];
