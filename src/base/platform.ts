/** An operating system and a processor, by their Go names. */
export interface Platform {
  /** `linux`, `darwin`, `windows`, … */
  readonly os: string;
  /** `amd64`, `arm64`, `arm`, `386`, … */
  readonly arch: string;
}

const ARCHIVE = /\.(?:tar\.(?:gz|bz2|xz|zst)|tgz|tbz2|txz|tzst|tar|zip)$/;

/** Words that mean a processor; a word ends where letters and digits end. */
const ARCH_WORDS: Readonly<Record<string, string>> = {
  amd64: "amd64|x86[_-]64|x64|linux64|win64",
  arm64: "arm[_-]?64(?:v8)?|armv8|aarch64",
  arm: "arm|arm32|armv[67]l?|armv[67]hf|armhf|armel",
  // A version such as "1.386.0" is no processor.
  386: "(?<![0-9]\\.)386(?!\\.[0-9])|i[36]86|x86(?![_-]64)",
};

const OS_WORDS: Readonly<Record<string, string>> = {
  linux: "linux|linux64",
  darwin: "darwin|macos|macosx|osx",
  windows: "windows|win|win32|win64",
  android: "android",
};

/** Words of other platforms, so that the name of the program is not taken for one. */
const OTHER_ARCHS = ["riscv64", "ppc64le", "ppc64", "s390x", "mips64", "mips"];
const OTHER_SYSTEMS = ["freebsd", "netbsd", "openbsd", "solaris", "illumos"];

const UNIVERSAL = toWord("universal2?|all");

/**
 * Returns the first of `names` that is made for `platform`: an archive, or else
 * a bare executable. The last word of each kind in a name decides, so that
 * `arm-tool_linux_amd64.tar.gz` is for amd64. On macOS an artifact for all
 * processors counts when there is no more specific one.
 */
export function selectArtifact(
  names: readonly string[],
  platform: Platform,
): string | undefined {
  const isSpecific = (name: string) =>
    platformOfName(name, OS) === platform.os &&
    platformOfName(name, ARCH) === platform.arch;
  const isForAll = (name: string) =>
    platform.os === "darwin" && platformOfName(name, OS) === "darwin" &&
    platformOfName(name, ARCH) === undefined && UNIVERSAL.test(name);
  for (const isMade of [isSpecific, isForAll]) {
    for (const isKind of [isArchive, isExecutable]) {
      const found = names.find((name) => {
        const lower = name.toLowerCase();
        return isKind(lower) && isMade(lower);
      });
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Returns the Go names of what the runtime calls `os` and `arch`. */
export function platformOf(os: string, arch: string): Platform {
  const names: Readonly<Record<string, string>> = {
    "x86_64": "amd64",
    aarch64: "arm64",
    riscv64gc: "riscv64",
  };
  return { os, arch: names[arch] ?? arch };
}

interface Words {
  readonly meaning: string;
  readonly pattern: RegExp;
}

const OS = toWords(OS_WORDS, OTHER_SYSTEMS);
const ARCH = toWords(ARCH_WORDS, OTHER_ARCHS);

function toWords(
  table: Readonly<Record<string, string>>,
  others: readonly string[],
): readonly Words[] {
  const entries = [
    ...Object.entries(table),
    ...others.map((name): [string, string] => [name, name]),
  ];
  return entries.map(([meaning, words]) => ({
    meaning,
    pattern: new RegExp(toWord(words), "g"),
  }));
}

function toWord(words: string): RegExp {
  return new RegExp(`(?<![a-z0-9])(?:${words})(?![a-z0-9])`);
}

/** Returns the meaning of the word of `kind` that ends last in `name`. */
function platformOfName(
  name: string,
  kind: readonly Words[],
): string | undefined {
  let last = { end: -1, meaning: "" };
  for (const { meaning, pattern } of kind) {
    for (const match of name.matchAll(pattern)) {
      const end = match.index + match[0].length;
      if (end > last.end) last = { end, meaning };
    }
  }
  return last.end < 0 ? undefined : last.meaning;
}

function isArchive(name: string): boolean {
  return ARCHIVE.test(name);
}

function isExecutable(name: string): boolean {
  // "app.tar.gz~" and "app.zip.1" are copies of archives, not programs.
  if (/\.(?:tar|tgz|tbz2|txz|tzst|zip)(?![a-z0-9])|~$/.test(name)) return false;
  if (name.endsWith(".exe")) return true;
  const extension = /\.([a-z][a-z0-9]*)$/.exec(name)?.[1];
  // In "app.linux.amd64" the last part is a platform word, not an extension.
  return extension === undefined ||
    platformOfName(extension, ARCH) !== undefined ||
    platformOfName(extension, OS) !== undefined;
}
