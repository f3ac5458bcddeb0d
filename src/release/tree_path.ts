import { refused, tooLarge } from "./extract_errors.ts";

const MAX_NAME_BYTES = 255;
const encoder = new TextEncoder();

/**
 * Returns the parts of an archive's path, `.` and empty ones left out; none at
 * all is the root of the archive.
 *
 * @throws {ArtifactError} `refused` when it is absolute, climbs, or hides something; `too-large` past `maxDepth` parts.
 */
export function treePath(path: string, maxDepth: number): readonly string[] {
  if (path === "") throw refused(path, "the name is empty");
  if (path.includes("\0")) throw refused(path, "the name holds a NUL");
  if (path.includes("\\")) throw refused(path, "the name holds a backslash");
  if (path.includes("\ufffd")) throw refused(path, "the name is not UTF-8");
  if (path.startsWith("/")) throw refused(path, "the name is absolute");
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  for (const part of parts) checkPart(path, part);
  if (parts.length > maxDepth) {
    throw tooLarge(`a path has more than ${maxDepth} parts`);
  }
  return parts;
}

function checkPart(path: string, part: string): void {
  if (part === "..") throw refused(path, 'the name climbs with ".."');
  // Three bytes is the most that one UTF-16 unit takes: most names need no encoding.
  if (part.length * 3 <= MAX_NAME_BYTES) return;
  if (encoder.encode(part).length > MAX_NAME_BYTES) {
    throw refused(path, `a part of it is longer than ${MAX_NAME_BYTES} bytes`);
  }
}
