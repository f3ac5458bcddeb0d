/** A system that dewy is built for. */
export interface Target {
  /** As `--target` takes it. */
  readonly name: string;
  /** As `deno compile --target` takes it. */
  readonly triple: string;
  /** As in file names: the words that dewy's own choice of artifacts looks for. */
  readonly os: "linux" | "darwin";
  readonly arch: "amd64" | "arm64";
}

/** Every system that dewy is built for. */
export const TARGETS: readonly Target[] = [
  {
    name: "linux-x64",
    triple: "x86_64-unknown-linux-gnu",
    os: "linux",
    arch: "amd64",
  },
  {
    name: "linux-arm64",
    triple: "aarch64-unknown-linux-gnu",
    os: "linux",
    arch: "arm64",
  },
  {
    name: "macos-x64",
    triple: "x86_64-apple-darwin",
    os: "darwin",
    arch: "amd64",
  },
  {
    name: "macos-arm64",
    triple: "aarch64-apple-darwin",
    os: "darwin",
    arch: "arm64",
  },
];

/** Returns the name of the archive that is published for a target. */
export function archiveName({ os, arch }: Target): string {
  return `dewy_${os}_${arch}.tar.gz`;
}

/** Returns the target that this machine is, or `undefined` when dewy is not built for it. */
export function hostTarget(
  triple: string = Deno.build.target,
): Target | undefined {
  return TARGETS.find((target) => target.triple === triple);
}

/**
 * Returns the target of that name.
 *
 * @throws {RangeError} When there is none; says why, for Windows.
 */
export function findTarget(name: string): Target {
  const target = TARGETS.find((target) => target.name === name);
  if (target !== undefined) return target;
  const names = TARGETS.map((target) => target.name).join(", ");
  const why = name.startsWith("windows")
    ? ". dewy hands listening sockets on, sends signals and swaps a symbolic link by a rename: Windows has none of these in that form"
    : "";
  throw new RangeError(
    `Cannot build for "${name}": --target must be one of ${names}${why}`,
  );
}
