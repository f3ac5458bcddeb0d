import { Buffer } from "node:buffer";
import { join } from "node:path";
import { ConfigError, errorMessage } from "../base/errors.ts";
import type { OciCredentials } from "./oci_credentials.ts";

type Env = Readonly<Record<string, string>>;
type Json = Readonly<Record<string, unknown>>;

/** A file that `docker login` or `podman login` writes. */
export interface CredentialFile {
  /** The helper that knows all registries: `credsStore`. */
  readonly helper: string | undefined;
  /** The helper of one registry: `credHelpers`. */
  helperFor(key: string): string | undefined;
  /** What is written for a repository; podman has entries for parts of a registry, and the longest that fits counts. */
  written(
    keys: readonly string[],
    repository: string,
  ): OciCredentials | undefined;
}

/** Returns where credentials may be, in the order in which they count. */
export function credentialFiles(env: Env, uid: number | undefined): string[] {
  const under = (folder: string | undefined, ...parts: readonly string[]) =>
    folder ? [join(folder, ...parts)] : [];
  const home = env["HOME"];
  const docker = env["DOCKER_CONFIG"]
    ? under(env["DOCKER_CONFIG"], "config.json")
    : under(home, ".docker", "config.json");
  const runtime = env["XDG_RUNTIME_DIR"]
    ? under(env["XDG_RUNTIME_DIR"], "containers")
    : uid === undefined
    ? []
    : [`/run/containers/${uid}`];
  const config = env["XDG_CONFIG_HOME"]
    ? under(env["XDG_CONFIG_HOME"], "containers")
    : under(home, ".config", "containers");
  return [
    ...under(env["REGISTRY_AUTH_FILE"]),
    ...docker,
    ...[...runtime, ...config].map((folder) => join(folder, "auth.json")),
  ];
}

/**
 * Reads a file, or returns `undefined` when it is not there.
 *
 * @throws {ConfigError} When it cannot be read. Nothing of its content is told.
 */
export async function readCredentialFile(
  path: string,
): Promise<CredentialFile | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory
    ) return undefined;
    throw new ConfigError(`Cannot read credentials in "${path}"`, {
      hint: "Check owner and mode of the file, and the user dewy runs as",
      cause: new Error(errorMessage(error)),
    });
  }
  const config = parse(text);
  if (config !== undefined) return fileOf(config, path);
  throw new ConfigError(`Cannot read credentials in "${path}": it is no JSON`, {
    hint: 'Write it again with "docker login" or "podman login"',
  });
}

function fileOf(config: Json, path: string): CredentialFile {
  const helpers = recordOf(config["credHelpers"]);
  const entries = Object.entries(recordOf(config["auths"]));
  return {
    helper: textOf(config["credsStore"]),
    helperFor: (key) => textOf(helpers[key]),
    written(keys, repository) {
      const fits = entries
        .map(([key, entry]) => ({
          rank: rankOf(key, keys.map(bare), repository),
          entry: recordOf(entry),
        }))
        .filter(({ rank }) => rank > 0)
        .sort((a, b) => b.rank - a.rank);
      for (const { entry } of fits) {
        const found = credentialsOf(entry, `"${path}"`);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** Returns how closely an entry fits, 0 when it does not. */
function rankOf(
  key: string,
  names: readonly string[],
  repository: string,
): number {
  const entry = bare(key);
  const [host = ""] = entry.split("/", 1);
  if (!names.includes(host)) return 0;
  const path = entry.slice(host.length);
  return `/${repository}/`.startsWith(`${path}/`) ? path.length + 1 : 0;
}

/** Docker writes some hosts as the URL of an API: `https://index.docker.io/v1/`. */
function bare(key: string): string {
  return key.replace(/^https?:\/\//, "").replace(/\/(?:v[12]\/?)?$/, "");
}

function credentialsOf(
  entry: Json,
  source: string,
): OciCredentials | undefined {
  const identity = textOf(entry["identitytoken"]);
  if (identity !== undefined) {
    return { kind: "identity", token: identity, source };
  }
  // Some tools end it with a zero byte.
  const auth = Buffer.from(textOf(entry["auth"]) ?? "", "base64").toString()
    .replace(/\0+$/, "");
  const at = auth.indexOf(":");
  const username = at > 0 ? auth.slice(0, at) : textOf(entry["username"]);
  const password = at > 0 ? auth.slice(at + 1) : textOf(entry["password"]);
  return username === undefined || !password
    ? undefined
    : { kind: "password", username, password, source };
}

function parse(text: string): Json | undefined {
  try {
    const config: unknown = JSON.parse(text);
    return typeof config === "object" && config !== null &&
        !Array.isArray(config)
      ? config as Json
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function recordOf(value: unknown): Json {
  return typeof value === "object" && value !== null ? value as Json : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
