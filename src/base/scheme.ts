import { ConfigError } from "./errors.ts";
import { describeUrl } from "./url.ts";

/** What {@link unknownScheme} needs. */
export interface SchemeTable {
  /** What the URL is for: `registry`. */
  readonly what: string;
  readonly scheme: string;
  /** Schemes that can be opened. */
  readonly known: readonly string[];
}

/** Returns the error for a URL whose scheme has no opener. */
export function unknownScheme(url: string, table: SchemeTable): ConfigError {
  const { what, scheme, known } = table;
  const subject = `Cannot open ${what} "${describeUrl(url)}"`;
  const hint = `Use one of ${known.map((name) => `${name}://`).join(", ")}`;
  const reason = `scheme "${scheme}" is unknown`;
  return new ConfigError(`${subject}: ${reason}`, { hint });
}
