import { fromFolder } from "../paths.ts";

/** An npm package as `deno.lock` names it. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-512 of its archive, as in Subresource Integrity. */
  readonly integrity: string;
  /** What its `package.json` says. */
  readonly license: string | undefined;
  /** Keys of the packages that it uses itself. */
  readonly dependencies: readonly string[];
}

/** The npm packages behind some programs. */
export interface ModuleGraph {
  /** Keys of the packages that the programs import themselves. */
  readonly roots: readonly string[];
  /** Those, and all that they use, by key. */
  readonly packages: ReadonlyMap<string, LockedPackage>;
}

/** The parts of `deno info --json` that are read here. */
interface Info {
  readonly modules: readonly { readonly npmPackage?: string }[];
  readonly npmPackages: Readonly<
    Record<string, {
      readonly name: string;
      readonly version: string;
      readonly dependencies: readonly string[];
      readonly localPath: string;
    }>
  >;
}

interface Lock {
  readonly npm: Readonly<Record<string, { readonly integrity?: string }>>;
}

/**
 * Reads which npm packages the programs of this repository are made of.
 *
 * @throws When a package is not in deno.lock with its checksum.
 */
export async function readModuleGraph(
  programs: readonly string[],
): Promise<ModuleGraph> {
  const infos = await Promise.all(programs.map(readInfo));
  const lock: Lock = JSON.parse(
    await Deno.readTextFile(fromFolder("../deno.lock")),
  );
  const roots = new Set(
    infos.flatMap(({ modules }) =>
      modules.flatMap(({ npmPackage }) => npmPackage ?? [])
    ),
  );
  const known = new Map(
    infos.flatMap(({ npmPackages }) => Object.entries(npmPackages)),
  );
  const packages = new Map<string, LockedPackage>();
  const queue = [...roots];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (packages.has(key)) continue;
    const found = known.get(key);
    const integrity = lock.npm[key]?.integrity;
    if (found === undefined || integrity === undefined) {
      throw new Error(`Cannot find the npm package "${key}" in deno.lock`);
    }
    const license = await readLicense(found.localPath);
    packages.set(key, { ...found, integrity, license });
    queue.push(...found.dependencies);
  }
  return { roots: [...roots].toSorted(), packages };
}

async function readInfo(program: string): Promise<Info> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", program],
    cwd: fromFolder(".."),
  }).output();
  const decoder = new TextDecoder();
  if (success) return JSON.parse(decoder.decode(stdout));
  throw new Error(`deno info ${program}: ${decoder.decode(stderr)}`);
}

async function readLicense(folder: string): Promise<string | undefined> {
  const text = await Deno.readTextFile(`${folder}/package.json`);
  const { license }: { license?: unknown } = JSON.parse(text);
  return typeof license === "string" && license !== "" ? license : undefined;
}
