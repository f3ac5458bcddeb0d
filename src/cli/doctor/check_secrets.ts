import { join } from "node:path";
import { type DoctorContext, fail, type Finding, ok, warn } from "./finding.ts";

/** Whether group or others may read, write or run. */
const OTHERS = 0o077;

/** Looks at the modes of the files that hold tokens and keys. */
export async function checkSecrets(
  context: DoctorContext,
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const { path, isNamed } of secretFiles(context)) {
    const finding = await lookAt(path, isNamed);
    if (finding !== undefined) found.push(finding);
  }
  return found;
}

interface SecretFile {
  readonly path: string;
  /** Whether somebody named it, so that it must be there. */
  readonly isNamed: boolean;
}

function secretFiles(
  { settings, env, tokenFile }: DoctorContext,
): SecretFile[] {
  const home = env["HOME"] ?? "/root";
  const named = [
    tokenFile,
    env["GITHUB_APP_PRIVATE_KEY_PATH"],
    env["GOOGLE_APPLICATION_CREDENTIALS"],
    env["AWS_SHARED_CREDENTIALS_FILE"],
    env["AWS_WEB_IDENTITY_TOKEN_FILE"],
    settings.command === "container"
      ? settings.proxy.certificate?.key
      : undefined,
  ];
  const usual = [".aws/credentials", ".docker/config.json"];
  return [
    ...named.filter((path) => path !== undefined && path !== "")
      .map((path) => ({ path: path ?? "", isNamed: true })),
    ...usual.map((path) => ({ path: join(home, path), isNamed: false })),
  ];
}

async function lookAt(
  path: string,
  isNamed: boolean,
): Promise<Finding | undefined> {
  const name = "secrets";
  try {
    using file = await Deno.open(path);
    const mode = (await file.stat()).mode ?? 0;
    if ((mode & OTHERS) === 0) {
      return ok(name, `"${path}" is its owner's alone`);
    }
    const shown = (mode & 0o777).toString(8).padStart(4, "0");
    return warn(
      name,
      `"${path}" has mode ${shown}: others than its owner may use it`,
      `chmod 600 '${path}'`,
    );
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    const isDenied = error instanceof Deno.errors.PermissionDenied;
    if (!isMissing && !isDenied) throw error;
    if (!isNamed) return undefined;
    const why = isMissing ? "is not there" : "may not be read by this user";
    return fail(
      name,
      `"${path}" ${why}`,
      "Check the option or variable that names it",
    );
  }
}
