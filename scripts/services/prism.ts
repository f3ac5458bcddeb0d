import { join } from "node:path";
import { installOnce, run, servicesFolder } from "./install.ts";

const VERSION = "5.16.0";

/**
 * Installs Prism, which holds requests and answers against an OpenAPI
 * description, and returns the command that runs it.
 */
export async function installPrism(): Promise<readonly string[]> {
  const folder = join(servicesFolder(), `prism-${VERSION}`);
  await installOnce(folder, (into) =>
    run([
      "npm",
      "install",
      "--prefix",
      into,
      // Its dependencies' scripts only report the installation to somebody.
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      `@stoplight/prism-cli@${VERSION}`,
    ]));
  return [
    "node",
    join(folder, "node_modules/@stoplight/prism-cli/dist/index.js"),
  ];
}
