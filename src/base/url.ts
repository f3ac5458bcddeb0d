import { ConfigError } from "./errors.ts";

/** A `scheme://host/path?options` text, taken apart and checked once. */
export interface DriverUrl {
  /** As given, without surrounding blanks. */
  readonly text: string;
  /** Lower case, without `://`. */
  readonly scheme: string;
  /** What stands between `://` and the first `/`, user info and port included, as written. */
  readonly host: string;
  /** What follows the host, percent-decoded: empty, or beginning with `/`. */
  readonly path: string;
  /** Options by lower-case name, percent-decoded; those with an empty value are left out. */
  readonly options: ReadonlyMap<string, string>;
}

/** What {@link parseDriverUrl} expects. */
export interface DriverUrlRules {
  /** What the URL is for, as it reads in an error: `registry`, `cache`. */
  readonly what: string;
  /** Lower-case names of the options there are; any when left out. */
  readonly options?: readonly string[];
}

/** Options whose values help to tell what is meant and are never secret. */
const SHOWN_OPTIONS = new Set([
  "artifact",
  "ca",
  "calver",
  "constraint",
  "endpoint",
  "insecure",
  "no-tls",
  "pre-release",
  "region",
  "registry-ttl",
  "report",
  "version",
]);

/** Returns `url` as it may appear in a log: no user, no password, no value of an unknown option. */
export function describeUrl(url: string): string {
  const [address = "", query] = splitOnce(url.trim(), "?");
  const shown = hideUser(address);
  if (query === undefined) return shown;
  return `${shown}?${query.split("&").map(describeOption).join("&")}`;
}

/**
 * Takes a driver URL apart. IP addresses, ports and capitals in the host are
 * kept as written; `+` in an option stands for itself, so that `v1.2.3+blue`
 * can be written as it is.
 *
 * @throws {ConfigError} When it has no scheme or no rest, a `#` part, a broken
 * percent code, or an unknown or repeated option.
 */
export function parseDriverUrl(text: string, rules: DriverUrlRules): DriverUrl {
  const url = text.trim();
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/.exec(url);
  const [whole = "", scheme = "", host = "", path = ""] = match ?? [];
  if (match === null || host + path === "") {
    throw new ConfigError(`Cannot read ${rules.what} "${describeUrl(url)}"`, {
      hint: "It must have the form scheme://host/path",
    });
  }
  if (url.includes("#")) {
    throw new ConfigError(`Cannot read ${rules.what} "${describeUrl(url)}"`, {
      hint: 'Write "%23" in place of "#"',
    });
  }
  const query = url.slice(whole.length + 1);
  return {
    text: url,
    scheme: scheme.toLowerCase(),
    host,
    path: decode(path, { url, what: rules.what }),
    options: parseOptions(query, { ...rules, url }),
  };
}

/**
 * Returns a yes-or-no option, `false` when it is not given.
 *
 * @throws {ConfigError} When its value is neither.
 */
export function booleanOption(url: DriverUrl, name: string): boolean {
  const value = url.options.get(name);
  if (value === undefined) return false;
  if (/^(1|t|T|true|True|TRUE|on)$/.test(value)) return true;
  if (/^(0|f|F|false|False|FALSE|off)$/.test(value)) return false;
  throw new ConfigError(
    `Cannot read option "${name}" of "${describeUrl(url.text)}"`,
    { hint: 'Write "true" or "false"' },
  );
}

/** Hides all up to the last `@` when there is a user: a password may hold `@` and `/` itself. */
function hideUser(address: string): string {
  const [, scheme = "", authority = ""] =
    /^([^/]*:\/\/)?([^/]*)/.exec(address) ?? [];
  const hasUser = authority.includes("@") ||
    /^[^[:]*:(?![0-9]*$)/.test(authority);
  if (!hasUser) return address;
  return scheme + address.slice(scheme.length).replace(/^.*@/s, "***@");
}

interface OptionContext extends DriverUrlRules {
  readonly url: string;
}

function parseOptions(query: string, context: OptionContext) {
  const options = new Map<string, string>();
  const seen = new Set<string>();
  for (const part of query.split("&")) {
    if (part === "") continue;
    const [rawName = "", rawValue = ""] = splitOnce(part, "=");
    const name = decode(rawName, context).toLowerCase();
    refuseOption(name, { ...context, seen });
    seen.add(name);
    const value = decode(rawValue, context);
    if (value !== "") options.set(name, value);
  }
  return options;
}

function refuseOption(
  name: string,
  context: OptionContext & { readonly seen: ReadonlySet<string> },
): void {
  const subject = `Cannot read ${context.what} "${describeUrl(context.url)}"`;
  if (context.options !== undefined && !context.options.includes(name)) {
    throw new ConfigError(`${subject}: option "${name}" is unknown`, {
      hint: context.options.length === 0
        ? "There are no options for it"
        : `Known options: ${context.options.join(", ")}`,
    });
  }
  if (context.seen.has(name)) {
    throw new ConfigError(`${subject}: option "${name}" is given twice`, {
      hint: "Give each option once",
    });
  }
}

function decode(
  text: string,
  context: { readonly url: string; readonly what: string },
): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new ConfigError(
      `Cannot read ${context.what} "${describeUrl(context.url)}"`,
      { hint: 'Write "%25" in place of a plain "%"', cause },
    );
  }
}

function describeOption(option: string): string {
  const [name = "", value] = splitOnce(option, "=");
  if (value === undefined || value === "") return option;
  // An endpoint may carry a user and a password of its own.
  const isShown = SHOWN_OPTIONS.has(name.toLowerCase()) && !/@|%40/.test(value);
  return isShown ? option : `${name}=***`;
}

function splitOnce(
  text: string,
  separator: string,
): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0
    ? [text, undefined]
    : [text.slice(0, at), text.slice(at + separator.length)];
}
