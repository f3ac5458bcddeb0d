import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installOnce, run, servicesFolder } from "./install.ts";

const PACKAGES = ["grpcio==1.76.0", "opentelemetry-proto==1.45.2"];

/** A collector of OpenTelemetry that shares no code with dewy. */
export const OTLP_COLLECTOR = fileURLToPath(
  new URL("otlp_collector.py", import.meta.url),
);

/** Installs what {@link OTLP_COLLECTOR} needs, and returns the Python that has it. */
export async function installOtlp(): Promise<string> {
  const folder = join(servicesFolder(), "otlp-1.45.2");
  await installOnce(folder, async (into) => {
    await run(["python3", "-m", "venv", "--copies", into]);
    const python = join(into, "bin", "python3");
    const pip = [python, "-m", "pip", "--disable-pip-version-check"];
    await run([...pip, "install", "--quiet", ...PACKAGES]);
  });
  return join(folder, "bin", "python3");
}
