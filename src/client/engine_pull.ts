import { type EngineQuestion, explainStatus } from "./engine_errors.ts";
import { parseAnswer } from "./engine_lines.ts";
import type { PullProgress, RegistryAuth } from "./engine_types.ts";

interface RawProgress {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: {
    readonly current?: number;
    readonly total?: number;
  } | null;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string } | null;
}

/**
 * Returns the value of `X-Registry-Auth`.
 *
 * Source: https://docs.docker.com/reference/api/engine/version/v1.41/#section/Authentication
 */
export function registryAuthHeader(auth: RegistryAuth): string {
  const json = "identityToken" in auth
    ? {
      identitytoken: auth.identityToken,
      serveraddress: auth.serverAddress,
    }
    : {
      username: auth.username,
      password: auth.password,
      serveraddress: auth.serverAddress,
    };
  // With its padding: that is what Go's URL encoding reads.
  return new TextEncoder().encode(JSON.stringify(json))
    .toBase64({ alphabet: "base64url" });
}

/** Returns what an error must not repeat. */
export function secretsOf(auth: RegistryAuth | undefined): readonly string[] {
  if (auth === undefined) return [];
  const secret = "identityToken" in auth ? auth.identityToken : auth.password;
  return [secret, registryAuthHeader(auth)];
}

/**
 * Reads one line of a pull.
 *
 * @throws {SourceError} When it tells that the pull failed: the status of the
 *   answer was sent long before, and Podman sends 200 whatever happens.
 */
export function parseProgress(
  line: string,
  question: EngineQuestion,
): PullProgress {
  const raw = parseAnswer<RawProgress>(line, question.what);
  const error = raw.errorDetail?.message ?? raw.error;
  if (error !== undefined && error !== "") {
    throw explainStatus(500, error, question);
  }
  return {
    layer: raw.id ?? "",
    status: (raw.status ?? "").trim(),
    currentBytes: raw.progressDetail?.current ?? 0,
    totalBytes: raw.progressDetail?.total ?? 0,
  };
}
