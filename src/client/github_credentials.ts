import { createPrivateKey } from "node:crypto";
import { ConfigError } from "../base/errors.ts";

/** How dewy proves to GitHub who it is. */
export type GithubCredentials =
  | { readonly kind: "token"; readonly token: string; readonly source: string }
  | {
    readonly kind: "app";
    readonly appId: string;
    readonly installationId: number;
    /** PEM text, PKCS#1 or PKCS#8. */
    readonly privateKey: string;
  };

type Env = Readonly<Record<string, string>>;

const KEY = "GITHUB_APP_PRIVATE_KEY";
const KEY_PATH = "GITHUB_APP_PRIVATE_KEY_PATH";

/**
 * Reads the credentials: a GitHub App when `GITHUB_APP_ID` is set, else the
 * token in `GH_TOKEN`, else the one in `GITHUB_TOKEN`.
 *
 * @throws {ConfigError} When there are none, or they cannot be used.
 */
export async function readGithubCredentials(
  env: Env,
): Promise<GithubCredentials> {
  if (env["GITHUB_APP_ID"]) return await readApp(env);
  for (const source of ["GH_TOKEN", "GITHUB_TOKEN"]) {
    const token = env[source]?.trim() ?? "";
    if (token === "") continue;
    if (/[^\x21-\x7e]/.test(token)) {
      throw new ConfigError(`Cannot use ${source}: it holds blanks or breaks`);
    }
    return { kind: "token", token, source };
  }
  throw new ConfigError("Cannot use GitHub without credentials", {
    hint:
      `Set GH_TOKEN or GITHUB_TOKEN, or GITHUB_APP_ID, GITHUB_APP_INSTALLATION_ID and ${KEY} or ${KEY_PATH}`,
  });
}

async function readApp(env: Env): Promise<GithubCredentials> {
  return {
    kind: "app",
    appId: readNumber(env, "GITHUB_APP_ID"),
    installationId: Number(readNumber(env, "GITHUB_APP_INSTALLATION_ID")),
    privateKey: await readKey(env),
  };
}

function readNumber(env: Env, name: string): string {
  const value = env[name]?.trim() ?? "";
  if (/^[1-9][0-9]{0,14}$/.test(value)) return value;
  throw new ConfigError(
    value === ""
      ? `Cannot use the GitHub App: ${name} is not set`
      : `Cannot use the GitHub App: ${name} is no number`,
    { hint: "Both numbers are in the App's and its installation's settings" },
  );
}

async function readKey(env: Env): Promise<string> {
  // In variables the line breaks are often written as "\n".
  const text = env[KEY]?.replaceAll("\\n", "\n") ?? "";
  if (text.trim() !== "") return checkKey(text, KEY);
  const path = env[KEY_PATH] ?? "";
  if (path === "") {
    throw new ConfigError("Cannot use the GitHub App: it has no private key", {
      hint: `Set ${KEY} to the PEM text, or ${KEY_PATH} to its file`,
    });
  }
  try {
    return checkKey(await Deno.readTextFile(path), path);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(`Cannot read the GitHub App's key "${path}"`, {
      hint: `Check ${KEY_PATH}, and the file's owner and mode`,
      cause,
    });
  }
}

function checkKey(pem: string, source: string): string {
  const key = tryKey(pem);
  if (key?.asymmetricKeyType === "rsa") return pem;
  throw new ConfigError(
    `Cannot use the GitHub App's key in ${source}: it is no RSA private key`,
    { hint: "Write the whole PEM text as GitHub gave it, all lines" },
  );
}

/** What the parser says of a bad key may quote it, so it is not kept. */
function tryKey(pem: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
