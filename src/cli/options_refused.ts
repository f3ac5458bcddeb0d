import { ConfigError } from "../base/errors.ts";
import { nearestWord } from "../base/nearest.ts";
import { OPTIONS } from "./options.ts";

/** Options that documentation of dewy names and no dewy ever had, or has no more; and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  "--artifact": 'Name it in the registry URL: "?artifact=NAME"',
  "-a": 'Name the artifact in the registry URL: "?artifact=NAME"',
  "--verbose": 'Write "--log-level debug"',
  "--keeptime": 'Write "--keep-releases NUMBER"',
  "--timezone": "Set the environment variable TZ",
  "--user": "Start dewy as that user: User= in a systemd unit",
  "--group": "Start dewy with that group: Group= in a systemd unit",
  "--workdir": "Start dewy in that folder: WorkingDirectory= in a systemd unit",
  "-d": "Start dewy in the folder that is to hold the releases",
  "-r": 'Write "--registry URL"',
  "--notify": 'Write "--notifier URL"',
};

const NAMES = OPTIONS.map((option) => option.name);

/** Returns the error for an option that is not in the table: `--regsitry`, `-x`. */
export function unknownOption(spelling: string): ConfigError {
  const instead = Object.hasOwn(REFUSED, spelling)
    ? REFUSED[spelling]
    : undefined;
  if (instead !== undefined) {
    return new ConfigError(
      `Cannot parse arguments: option "${spelling}" does not exist, although documentation names it`,
      { hint: instead },
    );
  }
  return new ConfigError(
    `Cannot parse arguments: unknown option "${spelling}"`,
    { hint: unknownHint(spelling) },
  );
}

function unknownHint(spelling: string): string {
  const positive = spelling.replace(/^--no-/, "--");
  const negated = OPTIONS.find((option) =>
    option.kind === "bool" && `--${option.name}` === positive
  );
  if (negated !== undefined) return `Write "${positive}=false"`;
  const near = spelling.startsWith("--")
    ? nearestWord(spelling.slice(2), NAMES)
    : undefined;
  return near === undefined
    ? 'Write "dewy --help" for the options there are; arguments of the program go after "--"'
    : `Did you mean "--${near}"?`;
}
