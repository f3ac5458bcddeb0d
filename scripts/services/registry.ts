import { join } from "node:path";
import { goProgram } from "./go.ts";
import { installOnce, run, servicesFolder } from "./install.ts";

const VERSION = "3.0.0";

/**
 * Installs the container registry of the CNCF, Distribution, and returns its
 * path. Debian's `docker-registry` is its second line, which gives all tags on
 * one page; this one has pages.
 */
export async function installRegistry(): Promise<string> {
  const folder = join(servicesFolder(), `distribution-${VERSION}`);
  const module = "github.com/distribution/distribution/v3/cmd/registry";
  await installOnce(folder, async (into) =>
    run(
      [await goProgram(), "install", `${module}@v${VERSION}`],
      { GOBIN: into, GOFLAGS: "-mod=mod" },
    ));
  return join(folder, "registry");
}
