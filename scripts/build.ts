/**
 * Builds what is released: `deno task build --help`.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { TempDir } from "../tests/support/temp_dir.ts";
import { renderSums, writeArchive } from "./build/archive.ts";
import { compile, RuntimeBaseError } from "./build/compile.ts";
import { readModuleGraph } from "./build/module_graph.ts";
import { type BuildOptions, parseOptions, USAGE } from "./build/options.ts";
import { renderSbom } from "./build/sbom.ts";
import { archiveName, type Target } from "./build/targets.ts";
import { type BuildVersion, buildVersion } from "./build/version.ts";
import { bundleInto, PROGRAMS } from "./bundle.ts";
import { fromFolder } from "./paths.ts";
import { print } from "./print.ts";

const EXIT_FAILED = 1;
const EXIT_NO_RUNTIME = 3;
const ROOT = fromFolder("..");

async function main(): Promise<number> {
  const env = Deno.env.toObject();
  try {
    const options = parseOptions(Deno.args, env);
    if (options === undefined) print(USAGE);
    else await build(options, env);
    return 0;
  } catch (error) {
    if (error instanceof RuntimeBaseError) {
      printError(`${error.message}\n\n${BASE_HINT}`);
      return EXIT_NO_RUNTIME;
    }
    printError(error instanceof Error ? error.message : String(error));
    return EXIT_FAILED;
  }
}

const BASE_HINT = `hint: let this machine reach the downloads of Deno, or
download denort-<target>.zip of this version of Deno elsewhere, unpack it, and
name the program in DENORT_BIN; one target at a time.`;

async function build(
  options: BuildOptions,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const { targets, release, releasesUrl } = options;
  const version = await buildVersion({
    cwd: ROOT,
    sourceDateEpoch: env["SOURCE_DATE_EPOCH"],
    release,
  });
  const out = resolve(options.out);
  await Deno.mkdir(out, { recursive: true });
  const { epoch, ...info } = version;
  const named = { version: info, releasesUrl };
  if (options.bundleOnly) {
    print(`${await bundleInto(out, named)}\n`);
    return;
  }
  await using folder = await TempDir.create("dewy-build-");
  const bundle = folder.join("dewy");
  await bundleInto(bundle, named);
  // The times of the files are part of the program.
  await setTimes(bundle, epoch);
  const made: string[] = [];
  for (const target of targets) {
    const program = folder.join(target.name);
    await compile({ bundle, target, output: program });
    made.push(await pack(program, { target, version, out }));
  }
  made.push(await writeSbom(version, out));
  made.push(await writeVersion(version, out));
  made.push(await writeInstaller(releasesUrl, out));
  const sums = await renderSums(made);
  await Deno.writeTextFile(join(out, "SHA256SUMS"), sums);
  print(`dewy ${version.version}, ${version.date}, in ${out}:\n${sums}`);
}

async function pack(
  program: string,
  options: {
    readonly target: Target;
    readonly version: BuildVersion;
    readonly out: string;
  },
): Promise<string> {
  const { target, version, out } = options;
  const path = join(out, archiveName(target));
  const license = await Deno.readFile(join(ROOT, "LICENSE"));
  await writeArchive(path, [
    { name: "LICENSE", mode: 0o644, bytes: license },
    { name: "dewy", mode: 0o755, bytes: await Deno.readFile(program) },
  ], version.epoch);
  return path;
}

async function writeSbom(version: BuildVersion, out: string): Promise<string> {
  const graph = await readModuleGraph(PROGRAMS);
  const sbom = renderSbom(graph, version, Deno.version.deno);
  const path = join(out, "dewy.cdx.json");
  await Deno.writeTextFile(path, `${JSON.stringify(sbom, null, 2)}\n`);
  return path;
}

/** Writes what the installer and `dewy self-update` read to learn the latest version. */
async function writeVersion(
  { version }: BuildVersion,
  out: string,
): Promise<string> {
  const path = join(out, "VERSION");
  await Deno.writeTextFile(path, `v${version}\n`);
  return path;
}

/** Writes a copy of the installer that knows where the releases are. */
async function writeInstaller(
  releasesUrl: string | undefined,
  out: string,
): Promise<string> {
  const path = join(out, "install.sh");
  const script = await Deno.readTextFile(fromFolder("install.sh"));
  const url = `\nreleases_url='${releasesUrl ?? ""}'\n`;
  const named = script.replace("\nreleases_url=''\n", () => url);
  if (!named.includes(url)) {
    throw new Error("Cannot write install.sh: it names no place of releases");
  }
  await Deno.writeTextFile(path, named, { mode: 0o755 });
  return path;
}

async function setTimes(path: string, epoch: number): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory) await setTimes(join(path, name), epoch);
    else await Deno.utime(join(path, name), epoch, epoch);
  }
}

function printError(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

Deno.exitCode = await main();
