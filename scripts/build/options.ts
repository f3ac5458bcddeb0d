import { parseArgs } from "@std/cli";
import { findTarget, hostTarget, type Target, TARGETS } from "./targets.ts";

/** What `deno task build` is asked for. */
export interface BuildOptions {
  readonly targets: readonly Target[];
  readonly out: string;
  /** Make the bundle and nothing else. */
  readonly bundleOnly: boolean;
  readonly release: string | undefined;
  /** Where the releases will be; `undefined` when the build shall not know. */
  readonly releasesUrl: string | undefined;
}

export const USAGE = `Usage: deno task build [options]

Bundles dewy, compiles it, and packs dewy_<os>_<arch>.tar.gz, with SHA256SUMS,
VERSION, install.sh and a list of what it is made of (dewy.cdx.json, CycloneDX).

  --target NAME   ${TARGETS.map(({ name }) => name).join(", ")};
                  may be repeated (default: this machine)
  --all           every target
  --out DIR       where to (default: dist)
  --release TAG   fail unless this is the tag of the version in deno.json, set
                  on this commit, and no file is changed
  --releases-url URL
                  where the installer and \`dewy self-update\` shall look:
                  URL/latest/download/FILE and URL/download/vVERSION/FILE
  --bundle        write the scripts of the bundle to DIR, and nothing else
  --help

Environment:
  DENORT_BIN         the runtime to put dewy on, in place of a downloaded one;
                     for one target
  SOURCE_DATE_EPOCH  the time of the build (default: that of the commit)

Exit codes: 0 done, 1 wrong use or failure, 3 the runtime of a target could not
be downloaded.
`;

/**
 * Reads the command line; `undefined` when it asks for help.
 *
 * @throws {RangeError} When it asks for what cannot be.
 */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): BuildOptions | undefined {
  const unknown: string[] = [];
  const parsed = parseArgs([...args], {
    boolean: ["all", "bundle", "help"],
    string: ["target", "out", "release", "releases-url"],
    collect: ["target"],
    unknown: (word: string) => {
      unknown.push(word);
      return false;
    },
  });
  if (parsed["help"] === true) return undefined;
  if (unknown.length > 0) {
    throw new RangeError(`Cannot build: unknown argument "${unknown[0]}"`);
  }
  const targets = chooseTargets(
    parsed["all"] === true,
    words(parsed["target"]),
  );
  if (targets.length > 1 && (env["DENORT_BIN"] ?? "") !== "") {
    throw new RangeError(
      "Cannot build several targets on one DENORT_BIN: it is the runtime of one of them",
    );
  }
  return {
    targets,
    out: word(parsed["out"]) ?? "dist",
    bundleOnly: parsed["bundle"] === true,
    release: word(parsed["release"]),
    releasesUrl: readUrl(word(parsed["releases-url"])),
  };
}

function chooseTargets(
  isAll: boolean,
  names: readonly string[],
): readonly Target[] {
  if (isAll) return TARGETS;
  if (names.length > 0) return [...new Set(names.map(findTarget))];
  const host = hostTarget();
  if (host !== undefined) return [host];
  throw new RangeError(
    `Cannot build for this machine (${Deno.build.target}): name a --target`,
  );
}

/** What may stand in a script and in a program as it is. */
const PLAIN_URL = /^https?:\/\/[\w.:-]+(?:\/[\w.-]+)*$/;

function readUrl(text: string | undefined): string | undefined {
  if (text === undefined || PLAIN_URL.test(text)) return text;
  throw new RangeError(
    `Cannot build: --releases-url must be a plain address without a slash at its end: current value is "${text}"`,
  );
}

function words(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function word(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
