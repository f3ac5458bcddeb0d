/** No file system and no registry has longer names; UTF-16 units. */
export const MAX_TAG_LENGTH = 255;

/**
 * Returns why `tag` cannot name a version, or `undefined` when it can. It
 * becomes part of a file name and of log lines, so it is one word without
 * slashes, control characters or characters that cannot be seen.
 */
export function tagProblem(tag: string): string | undefined {
  if (tag === "") return "it is empty";
  if (tag.length > MAX_TAG_LENGTH) {
    return `it has ${tag.length} characters, and ${MAX_TAG_LENGTH} are allowed`;
  }
  if (/[/\\]/.test(tag)) return "it holds a slash";
  if (tag.startsWith(".")) return "it begins with a dot";
  return /[\s\p{C}]/u.test(tag)
    ? "it holds a blank or a character that cannot be seen"
    : undefined;
}

/**
 * Returns why `tag` cannot name a version even where a CalVer format has slashes
 * (`release/YYYY.0M`), or `undefined` when it can: each part of it is a word.
 */
export function slashedTagProblem(tag: string): string | undefined {
  if (tag.length > MAX_TAG_LENGTH) return tagProblem(tag);
  return tag.split("/").map(tagProblem).find((problem) =>
    problem !== undefined
  );
}

/** Returns `tag` as it may appear in an error: cut, and with what cannot be seen escaped. */
export function describeTag(tag: string): string {
  const text = tag.length > 50 ? `${tag.slice(0, 50)}…` : tag;
  return JSON.stringify(text).replace(
    /[\p{C}\u2028\u2029]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
