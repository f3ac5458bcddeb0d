import { DOCKER_HUB } from "../base/image_reference.ts";
import type { OciCredentials } from "../client/oci_credentials.ts";
import type { RegistryAuth } from "../container/engine.ts";
import { credentialSource } from "./image_registry.ts";

/** Returns how to find out who pulls from the registry of a URL; `undefined` for anybody. */
export function pullAuth(
  registryUrl: string,
  registry: string,
  env: Readonly<Record<string, string>>,
): (signal: AbortSignal) => Promise<RegistryAuth | undefined> {
  const find = credentialSource(registryUrl, env);
  return async (signal) => {
    const found = await find?.(signal);
    return found === undefined ? undefined : toAuth(found, registry);
  };
}

function toAuth(found: OciCredentials, registry: string): RegistryAuth {
  // Docker knows the credentials of its Hub by an address of old.
  const serverAddress = registry === DOCKER_HUB
    ? "https://index.docker.io/v1/"
    : registry;
  return found.kind === "identity"
    ? { identityToken: found.token, serverAddress }
    : { username: found.username, password: found.password, serverAddress };
}
