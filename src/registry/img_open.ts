import { ConfigError } from "../base/errors.ts";
import {
  type ImageRepository,
  parseImageRepository,
} from "../base/image_reference.ts";
import type { VersionRules } from "../base/release.ts";
import { booleanOption, describeUrl, type DriverUrl } from "../base/url.ts";
import { OciClient } from "../client/oci_client.ts";
import { readCaOption } from "./ca_option.ts";
import { ImgRegistry } from "./img.ts";
import type { OpenRegistryOptions } from "./open_registry.ts";

/**
 * Returns the registry behind `img://HOST[:PORT]/REPOSITORY`, or
 * `img://REPOSITORY` for Docker Hub. Nothing is asked yet.
 *
 * @throws {ConfigError} When the URL or an option is bad.
 * @throws {FilesystemError} When the file of `ca` cannot be read.
 */
export async function openImg(
  url: DriverUrl,
  options: OpenRegistryOptions & { readonly rules: VersionRules },
): Promise<ImgRegistry> {
  const { rules, credentials, limits, now = Date.now } = options;
  const place = repositoryOf(url);
  if (url.options.has("version") && url.options.has("constraint")) {
    throw new ConfigError(`Cannot open registry "${describeUrl(url.text)}"`, {
      hint: 'Give "version" or "constraint", which mean the same',
    });
  }
  const insecure = url.options.has("insecure")
    ? booleanOption(url, "insecure")
    : undefined;
  const client = new OciClient({
    ...place,
    credentials,
    insecure,
    ca: await readCaOption(url),
    timeoutMs: limits?.answerMs,
    now,
  });
  return new ImgRegistry({ url: url.text, ...place, client, rules, now });
}

function repositoryOf({ text, host, path }: DriverUrl): ImageRepository {
  const place = parseImageRepository(host + path);
  if (!("problem" in place)) return place;
  const { problem } = place;
  throw new ConfigError(
    `Cannot open registry "${describeUrl(text)}": ${problem}`,
    {
      hint: /tag/.test(problem)
        ? "Leave it out: dewy chooses the tag; one version is chosen by ?version=v1.2.3"
        : "It must have the form img://HOST/REPOSITORY, or img://REPOSITORY for Docker Hub",
    },
  );
}
