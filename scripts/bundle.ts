import { fromFolder } from "./paths.ts";

/** The programs of dewy: the one that is started, and those that it starts as isolates. */
const ENTRIES = ["main.ts", "src/fetcher/worker.ts"];

/** How an isolate is named in the source, and where its bundle is, from the folder of all bundles. */
const ISOLATES: Readonly<Record<string, string>> = {
  'new URL("./worker.ts",import.meta.url)':
    'new URL("./src/fetcher/worker.js",import.meta.url)',
};

/**
 * Bundles dewy into `folder` as it ships: minified and split, so that a driver's
 * library is loaded with its use. Returns the path of the main program.
 *
 * @throws When the bundler fails, or an isolate is named in another way than expected.
 */
export async function bundleInto(folder: string): Promise<string> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--code-splitting",
      "--minify",
      "--platform",
      "deno",
      "--outdir",
      folder,
      ...ENTRIES,
    ],
    cwd: fromFolder(".."),
    stdout: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  for (const [named, bundled] of Object.entries(ISOLATES)) {
    if (await replaceInFolder(folder, named, bundled) !== 1) {
      throw new Error(`Cannot bundle: the isolate ${named} is not named once`);
    }
  }
  return `${folder}/main.js`;
}

/** Replaces a text in the scripts of a folder and returns in how many it was. */
async function replaceInFolder(
  folder: string,
  from: string,
  to: string,
): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".js")) continue;
    const text = await Deno.readTextFile(`${folder}/${name}`);
    if (!text.includes(from)) continue;
    await Deno.writeTextFile(`${folder}/${name}`, text.replaceAll(from, to));
    count++;
  }
  return count;
}
