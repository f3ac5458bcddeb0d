import { ConfigError } from "./errors.ts";
import { describeUrl, type DriverUrl } from "./url.ts";

/**
 * Returns the folder that a `file://` URL names, without a trailing slash.
 *
 * @throws {ConfigError} When it is not absolute.
 */
export function folderOf(url: DriverUrl, what: string): string {
  const path = url.path.replace(/(?<=.)\/+$/, "");
  const isLocal = url.host === "" || url.host === "localhost";
  if (!isLocal || path === "" || path.includes("\0")) {
    throw new ConfigError(
      `Cannot open ${what} "${
        describeUrl(url.text)
      }": the folder must be absolute`,
      { hint: "Write three slashes: file:///srv/app" },
    );
  }
  return path;
}
