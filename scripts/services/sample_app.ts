import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { goProgram } from "./go.ts";
import { installOnce, run, servicesFolder } from "./install.ts";

const SOURCE = new URL("sample_app/main.go", import.meta.url);

/** Builds the web server that test images hold, and returns the path of its binary, which needs no library. */
export async function buildSampleApp(): Promise<string> {
  const source = await Deno.readFile(SOURCE);
  const digest = await crypto.subtle.digest("SHA-256", source);
  const hash = new Uint8Array(digest).toHex().slice(0, 16);
  const folder = join(servicesFolder(), `sample-app-${hash}`);
  await installOnce(folder, (into) => build(join(into, "app")));
  return join(folder, "app");
}

async function build(binary: string): Promise<void> {
  const flags = ["-trimpath", "-ldflags=-s -w", "-o", binary];
  await run([await goProgram(), "build", ...flags, fileURLToPath(SOURCE)], {
    CGO_ENABLED: "0",
    GO111MODULE: "off",
  });
}
