import { ConfigError } from "../../base/errors.ts";
import { containerSettings } from "../container_settings.ts";
import { type AdminPlaceGiven, parseAdminPlace } from "../operator/request.ts";
import type { GivenOptions } from "../options_given.ts";
import type { Mode } from "../options_spec.ts";
import { assetsSettings, serverSettings } from "../options_settings.ts";
import type {
  AssetsSettings,
  ContainerSettings,
  ServerSettings,
} from "../settings.ts";

/** The settings that are looked at. */
export type DoctorSettings =
  | ServerSettings
  | AssetsSettings
  | ContainerSettings;

/** What `dewy doctor` looks at. */
export interface DoctorRequest {
  readonly mode: Mode;
  /** Left out when not even the registry is clear. */
  readonly settings: DoctorSettings | undefined;
  /** Why the deploying command would not start with these options. */
  readonly problem: ConfigError | undefined;
  readonly json: boolean;
  readonly place: AdminPlaceGiven;
}

const MODES: readonly Mode[] = ["server", "assets", "container"];

/**
 * Reads `doctor [MODE] OPTIONS [-- PROGRAM]`. Bad options are no error here but
 * what the doctor tells.
 *
 * @param words What stands behind `doctor`.
 * @throws {ConfigError} When an option of the doctor itself is malformed.
 */
export function parseDoctor(
  words: readonly string[],
  options: GivenOptions,
): DoctorRequest {
  const request = parsePlan(words, options);
  // The port is the one that the deploying command would open, not one to ask.
  return { ...request, place: { ...request.place, port: undefined } };
}

/**
 * Reads `plan OPTIONS`, where the options may be those of a deploying command.
 *
 * @param words What stands behind `plan`.
 * @throws {ConfigError} When an option of the plan itself is malformed.
 */
export function parsePlan(
  words: readonly string[],
  options: GivenOptions,
): DoctorRequest {
  const named = MODES.find((mode) => mode === words[0]);
  const rest = named === undefined ? words : words.slice(1);
  const mode = named ?? guessMode(options, rest);
  return {
    mode,
    ...readSettings(mode, rest, options),
    json: options.flag("json"),
    place: parseAdminPlace(options),
  };
}

function guessMode(options: GivenOptions, words: readonly string[]): Mode {
  if (/^\s*img:/i.test(options.text("registry"))) return "container";
  const isServer = words.length > 0 || options.texts("port").length > 0;
  return isServer ? "server" : "assets";
}

function readSettings(
  mode: Mode,
  words: readonly string[],
  options: GivenOptions,
): Pick<DoctorRequest, "settings" | "problem"> {
  const [settings, problem] = attempt(() => {
    options.checkAll();
    if (mode === "server") return serverSettings(options, words);
    return mode === "assets"
      ? assetsSettings(options)
      : containerSettings(options, words);
  });
  if (settings !== undefined) return { settings, problem };
  // Without a program or a port much can be looked at all the same.
  const [common] = attempt(() => assetsSettings(options));
  return { settings: common, problem };
}

function attempt<T>(
  read: () => T,
): readonly [T | undefined, ConfigError | undefined] {
  try {
    return [read(), undefined];
  } catch (error) {
    if (error instanceof ConfigError) return [undefined, error];
    throw error;
  }
}
