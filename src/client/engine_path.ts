import { SourceError } from "../base/errors.ts";

/** Returns a name as part of a path: references hold slashes, and engines take these as they are. */
export function encodePath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

/** Returns what an engine found, or `undefined` when it has no such thing. */
export async function foundOrUndefined<T>(
  asked: Promise<T>,
): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SourceError && error.code === "not-found") {
      return undefined;
    }
    throw error;
  }
}
