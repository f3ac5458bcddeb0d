/** Names and values. */
export type Mapping = Record<string, string>;

/** The part of a create request that concerns the host; sizes in bytes. */
export interface HostConfig {
  Binds?: string[];
  Mounts?: Mount[];
  /** Options by path. */
  Tmpfs?: Mapping;
  VolumeDriver?: string;
  StorageOpt?: Mapping;
  ReadonlyRootfs?: boolean;
  ShmSize?: number;
  NetworkMode?: string;
  PortBindings?: Record<string, { HostIp: string; HostPort: string }[]>;
  PublishAllPorts?: boolean;
  Dns?: string[];
  DnsSearch?: string[];
  DnsOptions?: string[];
  /** `name:address` */
  ExtraHosts?: string[];
  RestartPolicy?: RestartPolicy;
  Init?: boolean;
  CapDrop?: string[];
  GroupAdd?: string[];
  Sysctls?: Mapping;
  Runtime?: string;
  CgroupParent?: string;
  Annotations?: Mapping;
  LogConfig?: { Type?: string; Config?: Mapping };
  Memory?: number;
  /** -1 for no limit. */
  MemorySwap?: number;
  MemoryReservation?: number;
  MemorySwappiness?: number;
  OomKillDisable?: boolean;
  OomScoreAdj?: number;
  PidsLimit?: number;
  /** Billionths of a CPU. */
  NanoCpus?: number;
  CpuShares?: number;
  /** Microseconds. */
  CpuPeriod?: number;
  CpuQuota?: number;
  CpuRealtimePeriod?: number;
  CpuRealtimeRuntime?: number;
  CpusetCpus?: string;
  CpusetMems?: string;
  Ulimits?: Ulimit[];
  DeviceRequests?: DeviceRequest[];
  BlkioWeight?: number;
  BlkioWeightDevice?: { Path: string; Weight: number }[];
  BlkioDeviceReadBps?: DeviceRate[];
  BlkioDeviceWriteBps?: DeviceRate[];
  BlkioDeviceReadIOps?: DeviceRate[];
  BlkioDeviceWriteIOps?: DeviceRate[];
}

/** A health check that the engine runs; times in nanoseconds. */
export interface Health {
  Test?: string[];
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

/** When the engine itself starts a container again. */
export interface RestartPolicy {
  Name: "no" | "on-failure" | "always" | "unless-stopped";
  MaximumRetryCount: number;
}

/** -1 is unlimited. */
export interface Ulimit {
  Name: string;
  Soft: number;
  Hard: number;
}

/** Bytes or operations a second. */
export interface DeviceRate {
  Path: string;
  Rate: number;
}

/** A request for GPUs; a count of -1 is all of them. */
export interface DeviceRequest {
  Driver?: string;
  Count?: number;
  DeviceIDs?: string[];
  /** Any of these sets of all of these. */
  Capabilities: string[][];
  Options?: Mapping;
}

/** What `--mount` describes. */
export interface Mount {
  Type: "bind" | "volume" | "tmpfs";
  Source?: string;
  Target: string;
  ReadOnly?: boolean;
  Consistency?: string;
  BindOptions?: {
    Propagation?: string;
    NonRecursive?: boolean;
    ReadOnlyNonRecursive?: boolean;
    ReadOnlyForceRecursive?: boolean;
  };
  VolumeOptions?: {
    NoCopy?: boolean;
    Labels?: Mapping;
    DriverConfig?: { Name?: string; Options?: Mapping };
    Subpath?: string;
  };
  TmpfsOptions?: { SizeBytes?: number; Mode?: number };
}
