/** Names of lists that cover all artifacts of a version, the most usual first. */
const LISTS = [
  "SHA256SUMS",
  "SHA256SUMS.txt",
  "checksums.txt",
  "sha256sums.txt",
];

/** Returns which of `names`, published beside `artifact`, may hold its checksum, the most specific first. */
export function checksumNames(
  names: readonly string[],
  artifact: string,
): string[] {
  const present = new Set(names);
  const fixed = [`${artifact}.sha256`, `${artifact}.sha256sum`, ...LISTS];
  const named = names.filter((name) => name.endsWith("_checksums.txt")).sort();
  return [...fixed.filter((name) => present.has(name)), ...named];
}
