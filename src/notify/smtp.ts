import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { createTransport } from "nodemailer";
import { SourceError } from "../base/errors.ts";
import type { MailSettings } from "./mail_url.ts";

/** One mail. */
export interface Mail {
  /** The same for each attempt. */
  readonly id: string;
  readonly from: string;
  /** Addresses, separated by commas. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly date: Date;
}

/** Where and how it is sent. */
export interface SmtpOptions
  extends Pick<MailSettings, "host" | "port" | "tls" | "auth"> {
  /** How an error calls the server. */
  readonly name: string;
  /** PEM text of authorities of its own. */
  readonly ca: string | undefined;
}

/** For the parts of a conversation, milliseconds; its whole is bounded by the caller. */
const TIMEOUT_MS = 10_000;

/**
 * Sends a mail by SMTP (RFC 5321), with STARTTLS (RFC 3207) or TLS from the first
 * byte (RFC 8314).
 *
 * @throws {SourceError} `unavailable` when it may be tried again; `denied` when
 * the server refuses it or one of its recipients.
 */
export async function sendMail(
  { id, ...mail }: Mail,
  options: SmtpOptions,
  signal: AbortSignal,
): Promise<void> {
  const { auth, name } = options;
  const tls = tlsOptions(options);
  const transport = createTransport({
    host: options.host,
    port: options.port,
    secure: options.tls === "implicit",
    requireTLS: options.tls === "required",
    ignoreTLS: options.tls === "none",
    // It would read its network interfaces otherwise, which dewy may not.
    name: "dewy",
    tls,
    ...(auth === undefined ? {} : { auth: { ...auth } }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    // It would look the name up itself and connect to the address: by name, less has to be allowed.
    getSocket: (_options, callback) => {
      open(options, { tls, signal }).then(
        (connection) =>
          callback(null, { connection, secured: options.tls === "implicit" }),
        (error: Error) => callback(error),
      );
    },
  });
  try {
    const { rejected } = await transport.sendMail({
      ...mail,
      // Who took it, and was not heard, gets the same one again (RFC 5322, 3.6.4).
      messageId: `<${id}@${domainOf(mail.from)}>`,
      headers: { "Auto-Submitted": "auto-generated" },
      signal,
    });
    if (rejected.length > 0) {
      throw new SourceError(
        "denied",
        `${name} refuses ${rejected.length} of the recipients`,
        { hint: "Check the addresses in --notifier" },
      );
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof SourceError ? error : toSourceError(error, options);
  } finally {
    transport.close();
  }
}

/** Filters look askance at an id whose domain is none. */
function domainOf(address: string): string {
  return /@([\w.-]+)/.exec(address)?.[1] ?? "localhost";
}

interface TlsOptions {
  readonly minVersion: "TLSv1.2";
  readonly servername?: string;
  readonly ca?: string;
}

function tlsOptions({ host, ca }: SmtpOptions): TlsOptions {
  return {
    minVersion: "TLSv1.2",
    // Addresses are no server names (RFC 6066); the certificate is checked for them all the same.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  };
}

function open(
  { host, port, tls: kind }: SmtpOptions,
  { tls, signal }: { readonly tls: TlsOptions; readonly signal: AbortSignal },
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket: Socket = kind === "implicit"
    ? connectTls({ host, port, ...tls })
    : connectPlain({ host, port });
  const onAbort = () => socket.destroy(new Error("It took too long"));
  signal.addEventListener("abort", onAbort, { once: true });
  socket.once("close", () => signal.removeEventListener("abort", onAbort));
  // It stays: an error that nobody listens to would end dewy.
  socket.on("error", reject);
  const connected = kind === "implicit" ? "secureConnect" : "connect";
  socket.once(connected, () => resolve(socket));
  return promise;
}

function toSourceError(cause: unknown, { name }: SmtpOptions): SourceError {
  const { message, code, responseCode = 0 } = cause as {
    readonly message?: string;
    readonly code?: string;
    readonly responseCode?: number;
  };
  // Without an answer, it is the addresses that cannot be.
  const isFinal = responseCode >= 500 ||
    (code === "EENVELOPE" && responseCode === 0);
  return new SourceError(
    isFinal ? "denied" : "unavailable",
    `Cannot send mail by ${name}: ${message ?? String(cause)}`,
    { hint: hintOf(code) },
  );
}

function hintOf(code: string | undefined): string {
  switch (code) {
    case "EAUTH":
      return "Check username and password (MAIL_USERNAME, MAIL_PASSWORD)";
    case "EENVELOPE":
      return "Check from and to in --notifier, and whether the server relays for this host";
    case "ETLS":
      return "Check the server's certificate and that it offers STARTTLS; ca=FILE names an authority of your own, tls=false turns encryption off";
    default:
      return "Check the host and the port, and that the server runs";
  }
}
