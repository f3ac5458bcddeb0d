import { ConfigError } from "../base/errors.ts";
import { parseImageRepository } from "../base/image_reference.ts";
import { describeUrl } from "../base/url.ts";
import {
  findOciCredentials,
  type OciCredentials,
} from "../client/oci_credentials.ts";

/** Whether a registry holds container images. */
function isImageRegistry(registryUrl: string): boolean {
  return /^\s*img:/i.test(registryUrl);
}

/**
 * Refuses a registry of images for a command that deploys files.
 *
 * @throws {ConfigError} When it is one.
 */
export function refuseImages(
  command: "server" | "assets",
  registryUrl: string,
): void {
  if (!isImageRegistry(registryUrl)) return;
  throw new ConfigError(
    `Cannot run "dewy ${command}" with registry "${
      describeUrl(registryUrl)
    }": it holds container images`,
    { hint: 'Use "dewy container"; files come from ghr://, s3://, gs://' },
  );
}

/**
 * Returns how to look up who dewy is at the container registry of a URL, or
 * `undefined` for another registry. Only here may helpers be started, and each
 * of Docker's files be read; the isolate is handed the one answer.
 */
export function credentialSource(
  registryUrl: string,
  env: Readonly<Record<string, string>>,
): ((signal: AbortSignal) => Promise<OciCredentials | undefined>) | undefined {
  if (!isImageRegistry(registryUrl)) return undefined;
  const name = registryUrl.trim().replace(/^img:\/\//i, "").split("?", 1)[0];
  const place = parseImageRepository(name ?? "");
  // The driver says what is wrong with it.
  if ("problem" in place) return undefined;
  return (signal) =>
    findOciCredentials(place, {
      env,
      uid: Deno.uid() ?? undefined,
      signal,
      // Loaded when there is a helper: most hosts have none.
      runHelper: async (name, server, signal) => {
        const { runCredentialHelper } = await import(
          "../process/credential_helper.ts"
        );
        return await runCredentialHelper({ name, server, env, signal });
      },
    });
}
