import type { ContainerSpec } from "./engine_types.ts";

type Values = Readonly<Record<string, string>>;

interface HostOptions {
  readonly LogConfig?: { readonly Config?: Values };
  readonly Mounts?: readonly {
    readonly VolumeOptions?: {
      readonly DriverConfig?: { readonly Options?: Values };
    };
  }[];
}

/**
 * Returns what of the settings of a container may be secret, and what engines
 * repeat when it does not suit them: variables, options of log drivers and of
 * volume drivers.
 */
export function secretsIn({ Env = [], HostConfig }: ContainerSpec): string[] {
  const { LogConfig, Mounts = [] } = (HostConfig ?? {}) as HostOptions;
  const options = [
    LogConfig?.Config,
    ...Mounts.map(({ VolumeOptions }) => VolumeOptions?.DriverConfig?.Options),
  ];
  return [
    ...Env.map((entry) => entry.slice(entry.indexOf("=") + 1)),
    ...options.flatMap((values = {}) => Object.values(values)),
  ];
}
