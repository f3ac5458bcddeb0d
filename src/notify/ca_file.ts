import { ConfigError, FilesystemError } from "../base/errors.ts";
import type { DriverUrl } from "../base/url.ts";

/**
 * Returns the authorities in the file that the option `ca` names, as PEM text;
 * `undefined` without the option.
 *
 * @throws {ConfigError} When the path is not absolute.
 * @throws {FilesystemError} When the file cannot be read.
 */
export async function readCaFile(
  { scheme, options }: DriverUrl,
): Promise<string | undefined> {
  const path = options.get("ca");
  if (path === undefined) return undefined;
  if (!path.startsWith("/")) {
    throw new ConfigError(
      `Cannot open notifier "${scheme}://…": "ca" must be an absolute path`,
      { hint: "Write ca=/etc/…/ca.pem" },
    );
  }
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw FilesystemError.wrap(`Cannot read authorities "${path}"`, cause);
  }
}
