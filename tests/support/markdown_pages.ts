import { join } from "node:path";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Returns the texts of README.md and of every page below docs/, by their paths. */
export async function readPages(): Promise<Map<string, string>> {
  const names = ["README.md"];
  const folders = ["docs"];
  for (const folder of folders) {
    const entries = Deno.readDir(join(ROOT, folder));
    for await (const { name, isDirectory } of entries) {
      const path = `${folder}/${name}`;
      if (isDirectory) folders.push(path);
      else if (name.endsWith(".md")) names.push(path);
    }
  }
  const pages = new Map<string, string>();
  for (const name of names.sort()) {
    pages.set(name, await Deno.readTextFile(join(ROOT, name)));
  }
  return pages;
}
