import { ConfigError, FilesystemError } from "../base/errors.ts";
import { describeUrl, type DriverUrl } from "../base/url.ts";

/**
 * Returns the authorities in the file that the option `ca` names, as PEM text;
 * `undefined` without the option.
 *
 * @throws {ConfigError} When the path is not absolute.
 * @throws {FilesystemError} When the file cannot be read.
 */
export async function readCaOption(
  { text, options }: DriverUrl,
): Promise<string | undefined> {
  const path = options.get("ca");
  if (path === undefined) return undefined;
  if (!path.startsWith("/")) {
    throw new ConfigError(
      `Cannot open registry "${
        describeUrl(text)
      }": "ca" must be an absolute path`,
      { hint: "Write ca=/etc/…/ca.pem" },
    );
  }
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw FilesystemError.wrap(`Cannot read authorities "${path}"`, cause);
  }
}
