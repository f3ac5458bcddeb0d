import { FilesystemError } from "../base/errors.ts";

/** What the name of a file ends in while an entry is being written. */
export const PARTIAL_SUFFIX = ".partial";

/** The longest file name of every usual file system, bytes. */
const MAX_NAME_BYTES = 255;

/**
 * Returns `key` when it can be a file name inside the cache folder.
 *
 * @throws {FilesystemError} When it would leave the folder or is too long.
 */
export function checkKey(key: string): string {
  const problem = keyProblem(key);
  if (problem === undefined) return key;
  throw new FilesystemError(`Cannot use cache key "${key}": ${problem}`, {
    hint: "Publish the version and its artifact under other names",
  });
}

/** Returns a name to write an entry under, no other writer's; a long key is cut in it. */
export function partialName(key: string): string {
  const random = crypto.randomUUID().slice(0, 8);
  const suffix = `.${Deno.pid}-${random}${PARTIAL_SUFFIX}`;
  const room = new Uint8Array(MAX_NAME_BYTES - suffix.length);
  const { read } = new TextEncoder().encodeInto(key, room);
  return key.slice(0, read) + suffix;
}

/** Returns whether a file name can be that of an artifact: other files in the folder are not the cache's. */
export function isArtifactKey(name: string): boolean {
  return name.includes("--") && !name.endsWith(PARTIAL_SUFFIX) &&
    keyProblem(name) === undefined;
}

/** Returns why `key` is no cache key, or `undefined` when it is one. */
export function keyProblem(key: string): string | undefined {
  if (key === "") return "it is empty";
  if (key === "." || key === ".." || /[/\\\0]/.test(key)) {
    return "path traversal detected";
  }
  if (key === "current" || key.startsWith(".current")) {
    return "the name is taken";
  }
  const bytes = new TextEncoder().encode(key).length + PARTIAL_SUFFIX.length;
  return bytes > MAX_NAME_BYTES
    ? `it is ${bytes - MAX_NAME_BYTES} bytes too long`
    : undefined;
}
