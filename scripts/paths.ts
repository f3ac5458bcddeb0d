import { fileURLToPath } from "node:url";

/** Returns the path of a file or folder that is named from this folder. */
export function fromFolder(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
