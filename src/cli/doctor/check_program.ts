import { findProgram } from "../../process/find_program.ts";
import { type DoctorContext, fail, type Finding, ok, warn } from "./finding.ts";

/** Looks whether what stands after `--` can be run; before the first deploy it may not be there. */
export async function checkProgram(
  { settings, root, env }: DoctorContext,
): Promise<readonly Finding[]> {
  if (settings.command !== "server") return [];
  const [program] = settings.program;
  const name = "program";
  try {
    const path = await findProgram(program, {
      cwd: root,
      path: env["PATH"] ?? "",
    });
    return [ok(name, `"${path}" can be run`)];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isFromRelease = /^(\.\/)?current\//.test(program);
    const isFirst = isFromRelease && !await isThere(`${root}/current`);
    return [
      isFirst
        ? ok(name, `"${program}" comes with the first release`)
        : isFromRelease
        ? warn(name, error.message, "The next release must hold it")
        : fail(name, error.message, "Check the command after --"),
    ];
  }
}

/** Looks whether the container engine answers, and in which version of its API. */
export async function checkEngine(
  { settings, env }: DoctorContext,
): Promise<readonly Finding[]> {
  if (settings.command !== "container") return [];
  const { openEngine } = await import("../../container/open_engine.ts");
  using engine = await openEngine(env, settings.runtime);
  const { kind, version, api } = await engine.version(
    AbortSignal.timeout(10_000),
  );
  return [ok("engine", `${kind} ${version} answers, API ${api}`)];
}

/** Looks whether certificate and key can be used together. */
export async function checkCertificate(
  { settings }: DoctorContext,
): Promise<readonly Finding[]> {
  if (settings.command !== "container") return [];
  const paths = settings.proxy.certificate;
  if (paths === undefined) return [];
  const { readCertificate } = await import(
    "../../proxy/http/certificate_file.ts"
  );
  await readCertificate(paths);
  return [ok("certificate", `"${paths.cert}" goes with its key`)];
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
