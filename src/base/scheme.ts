import { ConfigError } from "./errors.ts";
import { describeUrl } from "./url.ts";

/** What {@link unknownScheme} needs. */
export interface SchemeTable {
  /** What the URL is for: `registry`. */
  readonly what: string;
  readonly scheme: string;
  /** Schemes that can be opened. */
  readonly known: readonly string[];
  /** Schemes that dewy has a name for and cannot open yet. */
  readonly planned: Readonly<Record<string, string>>;
}

/** Returns the error for a URL whose scheme has no opener. */
export function unknownScheme(url: string, table: SchemeTable): ConfigError {
  const { what, scheme, known, planned } = table;
  const subject = `Cannot open ${what} "${describeUrl(url)}"`;
  const hint = `Use one of ${known.map((name) => `${name}://`).join(", ")}`;
  const name = Object.hasOwn(planned, scheme) ? planned[scheme] : undefined;
  const reason = name === undefined
    ? `scheme "${scheme}" is unknown`
    : `${name} are not available in this version`;
  return new ConfigError(`${subject}: ${reason}`, { hint });
}
