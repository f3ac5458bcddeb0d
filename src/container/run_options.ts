import { isAbsolute, join } from "node:path/posix";
import type { CreateBody } from "./create_body.ts";
import { readEnvFile } from "./env_file.ts";
import type { RestartPolicy } from "./host_config.ts";
import { finishRunDraft } from "./run_draft.ts";
import {
  BadValue,
  type NetworkAttachment,
  type RunDraft,
  type RunSurroundings,
} from "./run_option.ts";
import {
  failure,
  type GivenRunOption,
  readRunWords,
} from "./run_option_words.ts";

/** What stands after `--`, with files of variables still to be read. */
export interface ParsedRunOptions {
  /** `--name`, without which the application's name is the base. */
  readonly baseName?: string;
  /** `--platform`: what is pulled and created. */
  readonly platform?: string;
  /** Whether the engine starts containers again by itself; their published ports are new then. */
  readonly restart: RestartPolicy["Name"];
  /** Networks beyond the first, to connect a container to before it starts. */
  readonly furtherNetworks: readonly NetworkAttachment[];
  /** Absolute paths, in the order they are read. */
  readonly envFiles: readonly string[];
  /** The options' part of the create request. */
  readonly body: Readonly<CreateBody>;
}

/** What stands after `--`, complete: `body.Env` has the variables of the files too. */
export interface RunOptions extends Omit<ParsedRunOptions, "envFiles"> {
  readonly envFiles: "read";
}

/**
 * Reads options of `docker run`.
 *
 * @throws {ConfigError} When one is unknown, refused, or has a wrong value; values that may be secret are not in it.
 */
export function parseRunOptions(
  words: readonly string[],
  surroundings: RunSurroundings,
): ParsedRunOptions {
  const draft: RunDraft = {
    surroundings,
    body: {},
    host: {},
    health: {},
    networks: [],
    aliases: [],
    env: [],
    envFiles: [],
  };
  for (const given of readRunWords(words)) apply(draft, given);
  finishRunDraft(draft);
  return {
    ...(draft.baseName === undefined ? {} : { baseName: draft.baseName }),
    ...(draft.platform === undefined ? {} : { platform: draft.platform }),
    restart: draft.host.RestartPolicy?.Name ?? "no",
    furtherNetworks: draft.networks.slice(1),
    envFiles: draft.envFiles.map((path) =>
      isAbsolute(path) ? path : join(surroundings.workdir, path)
    ),
    body: draft.body,
  };
}

/**
 * Reads the files of variables; those of `--env` come after them and win.
 *
 * @throws {ConfigError} When one cannot be read or is malformed.
 */
export async function readEnvFiles(
  options: ParsedRunOptions,
  sources: Pick<RunSurroundings, "env"> & {
    readonly readFile: (path: string) => Promise<Uint8Array>;
  },
): Promise<RunOptions> {
  const env: string[] = [];
  for (const path of options.envFiles) {
    for (const variable of await readEnvFile(path, sources.readFile, sources)) {
      env.push(variable);
    }
  }
  const all = lastOfEachName([...env, ...options.body.Env ?? []]);
  return {
    ...options,
    envFiles: "read",
    body: { ...options.body, ...(all.length === 0 ? {} : { Env: all }) },
  };
}

/** A variable stands where its name came first and has the value that came last. */
function lastOfEachName(variables: readonly string[]): string[] {
  const byName = new Map(
    variables.map((variable) => [variable.split("=", 1)[0], variable]),
  );
  return [...byName.values()];
}

function apply(draft: RunDraft, given: GivenRunOption): void {
  const { option, spelling, value } = given;
  if ("refused" in option) {
    throw failure(
      `option "${spelling}" is refused: ${option.refused}`,
      option.instead === undefined ? {} : { hint: option.instead },
    );
  }
  try {
    option.set(draft, value);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    const shown = option.secret ? "" : `: current value is "${value}"`;
    throw failure(
      `option "${spelling}" must ${error.message}${shown}`,
      error.hint === undefined ? {} : { hint: error.hint },
    );
  }
}
