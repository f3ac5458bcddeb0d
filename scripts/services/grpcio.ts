/**
 * Installs the gRPC library of another implementation (grpcio of PyPI) into a
 * folder of its own, so that tests can talk to a server that shares no code
 * with dewy. Does nothing when it is there.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGES = ["grpcio==1.76.0", "grpcio-tools==1.76.0"];

/** The Python with grpcio in it. */
export const GRPCIO_PYTHON = join(cacheFolder(), "grpcio-1.76.0/bin/python");

/** The server for {@link GRPCIO_PYTHON}. */
export const GRPCIO_SERVER = fileURLToPath(
  new URL("grpcio_server.py", import.meta.url),
);

/** Installs {@link GRPCIO_PYTHON}. */
export async function installGrpcio(): Promise<void> {
  const folder = dirname(dirname(GRPCIO_PYTHON));
  const mark = join(folder, "installed");
  if (await exists(mark)) return;
  await Deno.mkdir(dirname(folder), { recursive: true });
  await run("python3", ["-m", "venv", "--clear", folder]);
  const pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check"];
  await run(GRPCIO_PYTHON, [...pip, "--only-binary=:all:", ...PACKAGES]);
  await Deno.writeTextFile(mark, PACKAGES.join("\n"));
}

function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? "/root";
  const cache = Deno.env.get("XDG_CACHE_HOME") || join(home, ".cache");
  return join(cache, "dewy-tests");
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot run ${program} ${args.join(" ")}`);
}

if (import.meta.main) await installGrpcio();
