import { join } from "node:path";
import { goProgram } from "./go.ts";
import { installOnce, run, servicesFolder } from "./install.ts";

const VERSION = "1.56.1";

/** Installs fake-gcs-server, an emulator of Google Cloud Storage, and returns its path. */
export async function installGcs(): Promise<string> {
  const folder = join(servicesFolder(), `fake-gcs-server-${VERSION}`);
  await installOnce(folder, async (into) =>
    run(
      [
        await goProgram(),
        "install",
        `github.com/fsouza/fake-gcs-server@v${VERSION}`,
      ],
      { GOBIN: into, GOFLAGS: "-mod=mod" },
    ));
  return join(folder, "fake-gcs-server");
}
