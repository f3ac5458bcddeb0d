import { DOCKER_HUB, type ImageRepository } from "../base/image_reference.ts";
import { credentialsInEnv } from "./oci_credentials_env.ts";
import {
  type CredentialFile,
  credentialFiles,
  readCredentialFile,
} from "./oci_credentials_file.ts";

/** Who to be at a container registry. */
export type OciCredentials =
  | {
    readonly kind: "password";
    readonly username: string;
    readonly password: string;
    /** Where it comes from, for errors: `DOCKER_PASSWORD`, `"/root/.docker/config.json"`. */
    readonly source: string;
  }
  /** A refresh token of OAuth 2, which the registry's realm gives tokens for. */
  | {
    readonly kind: "identity";
    readonly token: string;
    readonly source: string;
  };

/** What a credential helper knows of a server. */
export interface HelperAnswer {
  /** `<token>` when the secret is an identity token. */
  readonly username: string;
  readonly secret: string;
}

/**
 * Asks `docker-credential-NAME` for a server; `undefined` when it knows none.
 *
 * @throws {SourceError} When it cannot be run, or fails.
 */
export type RunCredentialHelper = (
  name: string,
  server: string,
  signal: AbortSignal,
) => Promise<HelperAnswer | undefined>;

/** What {@link findOciCredentials} looks in. */
export interface FindCredentialsOptions {
  readonly env: Readonly<Record<string, string>>;
  /** User that dewy runs as, for podman's file; left out where there are none. */
  readonly uid: number | undefined;
  readonly runHelper: RunCredentialHelper;
  readonly signal: AbortSignal;
}

/** How Docker's files and helpers call Docker Hub; the first is what `docker login` writes. */
const HUB_KEYS = [
  "https://index.docker.io/v1/",
  "index.docker.io",
  "docker.io",
  DOCKER_HUB,
];

/**
 * Returns the credentials for a repository: those that the environment has for
 * its registry, else those in the files of Docker and podman. In each file a
 * helper for the registry comes first, then the helper for all, then what is
 * written in the file itself.
 *
 * @throws {ConfigError} When a file cannot be read.
 * @throws {SourceError} When a helper fails.
 */
export async function findOciCredentials(
  place: ImageRepository,
  options: FindCredentialsOptions,
): Promise<OciCredentials | undefined> {
  const { env, uid } = options;
  const given = credentialsInEnv(place.registry, env);
  if (given !== undefined) return given;
  const keys = place.registry === DOCKER_HUB ? HUB_KEYS : [place.registry];
  for (const path of credentialFiles(env, uid)) {
    const file = await readCredentialFile(path);
    const found = file === undefined
      ? undefined
      : await credentialsIn(file, { ...options, ...place, keys });
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Search extends FindCredentialsOptions, ImageRepository {
  /** Names of the registry, the usual one first. */
  readonly keys: readonly string[];
}

async function credentialsIn(
  file: CredentialFile,
  search: Search,
): Promise<OciCredentials | undefined> {
  const { keys, repository, runHelper, signal } = search;
  const [server = ""] = keys;
  const own = keys.map((key) => file.helperFor(key)).find((name) => name);
  for (const helper of new Set([own, file.helper])) {
    if (helper === undefined) continue;
    const answer = await runHelper(helper, server, signal);
    if (answer !== undefined) return ofHelper(answer, helper);
  }
  return file.written(keys, repository);
}

function ofHelper(
  { username, secret }: HelperAnswer,
  helper: string,
): OciCredentials {
  const source = `docker-credential-${helper}`;
  return username === "<token>"
    ? { kind: "identity", token: secret, source }
    : { kind: "password", username, password: secret, source };
}
