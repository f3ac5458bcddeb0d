import type { RunOption, SupportedRunOption } from "./run_option.ts";
import { DISK_OPTIONS } from "./run_options_disk.ts";
import { ENGINE_OPTIONS } from "./run_options_engine.ts";
import { HEALTH_OPTIONS } from "./run_options_health.ts";
import { NETWORK_OPTIONS } from "./run_options_network.ts";
import { PROCESS_OPTIONS } from "./run_options_process.ts";
import { REFUSED_OPTIONS } from "./run_options_refused.ts";
import { RESOURCE_OPTIONS } from "./run_options_resources.ts";
import { STORAGE_OPTIONS } from "./run_options_storage.ts";

/** What is supported, in the order of the documentation. */
export const SUPPORTED_RUN_OPTIONS: readonly SupportedRunOption[] = [
  ...PROCESS_OPTIONS,
  ...STORAGE_OPTIONS,
  ...NETWORK_OPTIONS,
  ...RESOURCE_OPTIONS,
  ...DISK_OPTIONS,
  ...HEALTH_OPTIONS,
  ...ENGINE_OPTIONS,
];

/** Every option of `docker run`; what is not here is unknown. */
export const RUN_OPTIONS: readonly RunOption[] = [
  ...SUPPORTED_RUN_OPTIONS,
  ...REFUSED_OPTIONS,
];

const BY_NAME = new Map(
  RUN_OPTIONS.flatMap((option) =>
    [option.name, ...option.aliases ?? []].map((name) => [name, option])
  ),
);
const BY_SHORT = new Map(
  RUN_OPTIONS.map((option) => [option.short, option]),
);

/** Finds an option by its long name, without dashes. */
export function runOptionByName(name: string): RunOption | undefined {
  return BY_NAME.get(name);
}

/** Finds an option by its letter. */
export function runOptionByShort(letter: string): RunOption | undefined {
  return BY_SHORT.get(letter);
}
