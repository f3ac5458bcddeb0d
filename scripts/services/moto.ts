import { join } from "node:path";
import { installOnce, run, servicesFolder } from "./install.ts";

/** It checks signatures and policies, and knows conditional writes; older ones did not. */
const VERSION = "5.2.5";

/** Installs moto, an S3 server for tests, and returns the Python that has it. */
export async function installMoto(): Promise<string> {
  const folder = join(servicesFolder(), `moto-${VERSION}`);
  await installOnce(folder, async (into) => {
    await run(["python3", "-m", "venv", "--copies", into]);
    const python = join(into, "bin", "python3");
    const pip = [python, "-m", "pip", "--disable-pip-version-check"];
    await run([...pip, "install", "--quiet", `moto[s3,server]==${VERSION}`]);
  });
  return join(folder, "bin", "python3");
}
