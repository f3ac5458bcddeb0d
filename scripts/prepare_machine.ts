import { print } from "./print.ts";
import { ENGINE_PROGRAMS } from "./services/engines.ts";
import { installGcs } from "./services/gcs.ts";
import { installGrpcio } from "./services/grpcio.ts";
import { installMoto } from "./services/moto.ts";
import { installOtlp } from "./services/otlp.ts";
import { installPrism } from "./services/prism.ts";
import { buildSampleApp } from "./services/sample_app.ts";
import { installRegistry } from "./services/registry.ts";

/** Programs that tests run beside dewy, and the Debian package each comes from. */
const PROGRAMS: Readonly<Record<string, string>> = {
  tar: "tar",
  gzip: "gzip",
  bzip2: "bzip2",
  xz: "xz-utils",
  zstd: "zstd",
  zip: "zip",
  unzip: "unzip",
  curl: "curl",
  wget: "wget",
  dash: "dash",
  busybox: "busybox",
  shellcheck: "shellcheck",
  python3: "python3",
  openssl: "openssl",
  setpriv: "util-linux",
  mount: "mount",
  nginx: "nginx-light",
  haproxy: "haproxy",
  promtool: "prometheus",
  docker: "docker.io",
  "docker-registry": "docker-registry",
  "systemd-analyze": "systemd",
  "systemd-nspawn": "systemd-container",
  chromium: "chromium",
  zsh: "zsh",
  fish: "fish",
};

/**
 * Installs what the tests need and this machine lacks. It only can as root on
 * Debian and its kin; elsewhere it says what is missing and the tests tell what
 * they skip for it.
 */
export async function prepareMachine(): Promise<void> {
  await installPrograms({ ...PROGRAMS, ...ENGINE_PROGRAMS });
  await installGrpcio();
  await installMoto();
  await installGcs();
  await buildSampleApp();
  await installOtlp();
  await installPrism();
  await installRegistry();
}

/**
 * Installs the programs that are missing, or says which those are.
 *
 * @param programs The Debian package of each.
 */
export async function installPrograms(
  programs: Readonly<Record<string, string>>,
): Promise<void> {
  const missing = await missingPackages(programs);
  if (missing.length === 0) return;
  if (Deno.uid() !== 0 || !await isThere("apt-get")) {
    print(`Programs are needed that are not here: ${missing.join(" ")}\n`);
    return;
  }
  print(`Installing: ${missing.join(" ")}\n`);
  await apt("update", "-q");
  await apt("install", "-q", "-y", "--no-install-recommends", ...missing);
}

async function missingPackages(
  programs: Readonly<Record<string, string>>,
): Promise<string[]> {
  const checked = await Promise.all(
    Object.entries(programs).map(async ([program, pkg]) =>
      await isThere(program) ? undefined : pkg
    ),
  );
  return checked.filter((pkg) => pkg !== undefined);
}

async function isThere(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", `command -v ${program}`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

async function apt(...args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command("apt-get", {
    args: [...args],
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).output();
  if (!success) {
    throw new Error(
      `Cannot install programs: apt-get ${args.join(" ")} failed`,
    );
  }
}
