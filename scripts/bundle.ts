import { RELEASES_URL } from "../src/base/releases_url.ts";
import { VERSION_INFO, type VersionInfo } from "../src/base/version_info.ts";
import { fromFolder } from "./paths.ts";

/** The programs that dewy starts as isolates; each is a bundle of its own. */
const ISOLATES = ["src/fetcher/worker.ts", "src/proxy/worker.ts"] as const;

/** Every program of dewy. */
export const PROGRAMS: readonly string[] = ["main.ts", ...ISOLATES];

/** How the code names an isolate; the bundler leaves such URLs as they are. */
const ISOLATE_URL = /new URL\("((?:\.\.?\/)+[^"]+\.ts)",import\.meta\.url\)/g;

/** How a build from source names itself, minified. */
const SOURCE_VERSION = `{version:"${VERSION_INFO.version}",` +
  `commit:"${VERSION_INFO.commit}",date:"${VERSION_INFO.date}"}`;

/** What a bundle says of itself. */
export interface BundleOptions {
  /** @default as a build from source */
  readonly version?: VersionInfo | undefined;
  /** Where `dewy self-update` looks. @default nowhere */
  readonly releasesUrl?: string | undefined;
}

/**
 * Bundles dewy into `folder` as it ships: minified and split, so that a driver's
 * library is loaded with its use. Returns the path of the main program.
 *
 * @throws When the bundler fails, or the code names an isolate that is not in the list here.
 */
export async function bundleInto(
  folder: string,
  options: BundleOptions = {},
): Promise<string> {
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
      ...PROGRAMS,
    ],
    cwd: fromFolder(".."),
    stdout: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  await finish(folder, options);
  await hastenStart(folder);
  return `${folder}/main.js`;
}

/** Points isolates at their bundles and writes the version in, each where it is expected and nowhere else. */
async function finish(folder: string, options: BundleOptions): Promise<void> {
  const { version = VERSION_INFO, releasesUrl = RELEASES_URL } = options;
  const named = new Set<string>();
  let versions = 0;
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || !name.endsWith(".js")) continue;
    const path = `${folder}/${name}`;
    const text = await Deno.readTextFile(path);
    versions += text.split(SOURCE_VERSION).length - 1;
    const finished = text
      .replaceAll(ISOLATE_URL, (_, url: string) => {
        const bundle = bundleOf(url);
        named.add(bundle);
        return `new URL("./${bundle}",import.meta.url)`;
      })
      .replaceAll(SOURCE_VERSION, () => JSON.stringify(version))
      .replaceAll(RELEASES_URL, () => releasesUrl);
    if (finished !== text) await Deno.writeTextFile(path, finished);
  }
  if (versions !== 1) {
    throw new Error(`Cannot bundle: ${versions} places name the version`);
  }
  for (const program of ISOLATES) {
    if (named.has(program.replace(/\.ts$/, ".js"))) continue;
    throw new Error(`Cannot bundle: nothing starts the isolate "${program}"`);
  }
}

/**
 * Lets `main.js` load only what `--version` needs: neither the bundler's helper,
 * which loads Node's module system and is imported by all that use it anyway,
 * nor, before it runs, the rest of dewy, which `deno run` does for an address
 * that it can read off.
 */
async function hastenStart(folder: string): Promise<void> {
  const path = `${folder}/main.js`;
  const text = await Deno.readTextFile(path);
  const helper = await findHelper(folder);
  const hastened = text
    .replace(`import"./${helper}";`, "")
    .replace(
      /import\("(\.\/main-\w+\.js)"\)/,
      (_, name: string) => `import(new URL("${name}",import.meta.url).href)`,
    );
  if (hastened.includes(helper) || !hastened.includes("import(new URL(")) {
    throw new Error("Cannot bundle: main.js does not begin as expected");
  }
  await Deno.writeTextFile(path, hastened);
}

/** Returns the name of the script that makes `require()` for what needs it. */
async function findHelper(folder: string): Promise<string> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.startsWith("chunk-")) continue;
    const text = await Deno.readTextFile(`${folder}/${name}`);
    if (text.includes("{createRequire as __deno_internal")) return name;
  }
  throw new Error("Cannot bundle: the bundler's helper is not found");
}

/** Returns the bundle of an isolate, from the folder of all bundles. */
function bundleOf(url: string): string {
  const program = ISOLATES.find((path) => url === path.replace("src/", "../"));
  if (program !== undefined) return program.replace(/\.ts$/, ".js");
  throw new Error(
    `Cannot bundle: the isolate "${url}" must be one of ${
      ISOLATES.join(", ")
    }, named from src/ as "../folder/worker.ts"`,
  );
}
