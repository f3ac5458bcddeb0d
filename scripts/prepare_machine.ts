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
  git: "git",
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
  "redis-server": "redis-server",
  promtool: "prometheus",
  docker: "docker.io",
  "docker-registry": "docker-registry",
  "systemd-analyze": "systemd",
  "systemd-nspawn": "systemd-container",
  chromium: "chromium",
  zsh: "zsh",
  fish: "fish",
  jq: "jq",
  node: "nodejs",
};

/** What Debian has apart from a program that needs it, and how to see whether it is there. */
const PARTS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "python3-venv": ["python3", "-c", "import ensurepip"],
};

/**
 * Installs what the tests need and this machine lacks. It only can as root on
 * Debian and its kin; elsewhere it installs nothing.
 *
 * @returns The Debian packages that are missing still; none as a rule.
 */
export async function prepareMachine(): Promise<readonly string[]> {
  const programs = { ...PROGRAMS, ...ENGINE_PROGRAMS };
  const missing = [
    ...await installPrograms(programs),
    ...await installParts(),
  ];
  if (missing.length > 0) return missing;
  await installGrpcio();
  await installMoto();
  await installGcs();
  await buildSampleApp();
  await installOtlp();
  await installPrism();
  await installRegistry();
  return [];
}

/**
 * Installs the programs that are missing.
 *
 * @param programs The Debian package of each.
 * @returns The packages that cannot be installed by this user, or here.
 */
export async function installPrograms(
  programs: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  return await installPackages(await missingPackages(programs));
}

async function installParts(): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const [pkg, probe] of Object.entries(PARTS)) {
    if (!await succeeds(probe)) missing.push(pkg);
  }
  return await installPackages(missing);
}

async function installPackages(
  packages: readonly string[],
): Promise<readonly string[]> {
  if (packages.length === 0) return [];
  if (Deno.uid() !== 0 || !await isThere("apt-get")) return packages;
  print(`Installing: ${packages.join(" ")}\n`);
  await apt("update", "-q");
  await apt("install", "-q", "-y", "--no-install-recommends", ...packages);
  return [];
}

async function missingPackages(
  programs: Readonly<Record<string, string>>,
): Promise<string[]> {
  const checked = await Promise.all(
    Object.entries(programs).map(async ([program, pkg]) =>
      await isThere(program) ? undefined : pkg
    ),
  );
  return [...new Set(checked)].filter((pkg) => pkg !== undefined);
}

async function isThere(program: string): Promise<boolean> {
  return await succeeds(["sh", "-c", `command -v ${program}`]);
}

async function succeeds(
  [program, ...args]: readonly [string, ...string[]],
): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
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
