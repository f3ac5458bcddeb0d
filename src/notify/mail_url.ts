import { ConfigError } from "../base/errors.ts";
import { booleanOption, type DriverUrl, parseDriverUrl } from "../base/url.ts";
import { isLoopback } from "./loopback.ts";

const OPTIONS = [
  "username",
  "password",
  "from",
  "to",
  "subject",
  "tls",
  "quiet",
  "host",
  "port",
  "ca",
];
const DEFAULT_PORT = 587;
/** Of submission with TLS from the first byte (RFC 8314). */
const IMPLICIT_TLS_PORT = 465;

/**
 * How a connection is encrypted: from the first byte; by STARTTLS or not at all;
 * by STARTTLS when the server offers it; never.
 */
export type MailTls = "implicit" | "required" | "offered" | "none";

/** Where mail goes and how. */
export interface MailSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: MailTls;
  /** Left out for a relay that asks for none. */
  readonly auth: MailAuth | undefined;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly quiet: boolean;
  readonly url: DriverUrl;
}

/** A user of the mail server. */
export interface MailAuth {
  readonly user: string;
  readonly pass: string;
}

/**
 * Reads `mail://HOST[:PORT]/TO[?…]`. Options come before `MAIL_USERNAME`,
 * `MAIL_PASSWORD` and `MAIL_FROM`; the path comes before `to`.
 *
 * @throws {ConfigError} When something is missing or wrong.
 */
export function parseMailUrl(
  text: string,
  env: Readonly<Record<string, string>>,
): MailSettings {
  const url = parseDriverUrl(text, { what: "notifier", options: OPTIONS });
  const { host, port } = addressOf(url);
  const option = (name: string, variable: string) =>
    url.options.get(name) ?? (env[variable] || undefined);
  const username = option("username", "MAIL_USERNAME");
  const auth = authOf(username, option("password", "MAIL_PASSWORD"));
  if (url.host.includes("@") && auth === undefined) {
    throw mailError("a user before the host has no effect", {
      hint:
        "Write ?username=…&password=…, or set MAIL_USERNAME and MAIL_PASSWORD",
    });
  }
  const tls = tlsOf(url, { host, port, auth });
  return {
    host,
    port,
    tls,
    auth,
    from: required("from", option("from", "MAIL_FROM") ?? username),
    to: required("to", url.path.slice(1) || url.options.get("to")),
    subject: url.options.get("subject") ?? "Dewy Notification",
    quiet: booleanOption(url, "quiet"),
    url,
  };
}

function addressOf(url: DriverUrl): { host: string; port: number } {
  const given = url.host.replace(/^.*@/s, "");
  const [, bracketed, name = "", digits] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(given) ?? [];
  const host = required(
    "host",
    (bracketed ?? name) || url.options.get("host"),
  );
  const text = digits ?? url.options.get("port") ?? String(DEFAULT_PORT);
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return { host, port };
  throw mailError(`port "${text}" is none`, {
    hint: "Write a port from 1 to 65535",
  });
}

function authOf(
  user: string | undefined,
  pass: string | undefined,
): MailAuth | undefined {
  if (user !== undefined && pass !== undefined) return { user, pass };
  // A name alone is the sender's: a relay that asks for no password.
  if (pass === undefined) return undefined;
  throw mailError("a password is given without a user", {
    hint: "Write username=…, or set MAIL_USERNAME",
  });
}

function tlsOf(
  { options }: DriverUrl,
  { host, port, auth }: Pick<MailSettings, "host" | "port" | "auth">,
): MailTls {
  const given = options.get("tls")?.toLowerCase();
  // A password is not to depend on what someone on the way has the server offer.
  const isSecret = auth !== undefined && !isLoopback(host);
  switch (given) {
    case undefined:
      if (port === IMPLICIT_TLS_PORT) return "implicit";
      return isSecret ? "required" : "offered";
    case "implicit":
      return "implicit";
    case "required":
    case "true":
    case "1":
    case "on":
      return port === IMPLICIT_TLS_PORT ? "implicit" : "required";
    case "false":
    case "0":
    case "off":
      if (!isSecret) return "none";
      throw mailError("with tls=false the password would go in the clear", {
        hint: "Leave tls=false out, or the password",
      });
    default:
      throw mailError(`tls "${given}" is unknown`, {
        hint: "Write tls=true, tls=false, tls=required or tls=implicit",
      });
  }
}

function required(name: string, value: string | undefined): string {
  if (value !== undefined && value !== "") return value;
  throw mailError(`"${name}" is missing`, {
    hint: "Write mail://HOST[:PORT]/TO?from=… (MAIL_FROM)",
  });
}

function mailError(
  reason: string,
  options: { readonly hint: string },
): ConfigError {
  return new ConfigError(`Cannot notify by mail: ${reason}`, options);
}
