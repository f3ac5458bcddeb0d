import { Buffer } from "node:buffer";
import { once } from "node:events";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import type { Certificates } from "./certificates.ts";

/** A mail as the server took it. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** Who had logged in. */
  readonly user: string | undefined;
  readonly headers: string;
  /** Decoded. */
  readonly text: string;
}

/** What a server of mail is like. */
export interface SmtpServerOptions {
  readonly tls: "none" | "offered" | "implicit";
  readonly certificates: Certificates;
  /** Who may send; everyone when left out. */
  readonly login?: { readonly user: string; readonly pass: string };
  /** Further settings of the library. */
  readonly settings?: SMTPServerOptions;
}

/** A server that takes mail (npm's smtp-server). */
export class MailServer implements AsyncDisposable {
  readonly mails: ReceivedMail[] = [];
  #server: SMTPServer;

  private constructor(options: SMTPServerOptions) {
    this.#server = new SMTPServer({
      ...options,
      logger: false,
      // Not: ask who connects.
      disableReverseLookup: true,
      onData: (stream, session, done) => {
        const parts: Buffer[] = [];
        stream.on("data", (part: Buffer) => parts.push(part));
        stream.on("end", () => {
          const { envelope, secure, user } = session;
          const [headers = "", ...body] = Buffer.concat(parts).toString("utf8")
            .split("\r\n\r\n");
          this.mails.push({
            from: envelope.mailFrom === false ? "" : envelope.mailFrom.address,
            to: envelope.rcptTo.map(({ address }) => address),
            secure,
            user: typeof user === "string" ? user : undefined,
            headers: headers.replaceAll(/\r\n[ \t]+/g, " "),
            text: decode(body.join("\r\n\r\n"), headers),
          });
          done();
        });
      },
    });
    // A client that breaks off is its own affair.
    this.#server.on("error", () => {});
  }

  static async start(options: SmtpServerOptions): Promise<MailServer> {
    const { tls, certificates, login, settings } = options;
    const server = new MailServer({
      secure: tls === "implicit",
      disabledCommands: [
        ...(tls === "none" ? ["STARTTLS"] : []),
        ...(login === undefined ? ["AUTH"] : []),
      ],
      key: await Deno.readTextFile(certificates.key),
      cert: await Deno.readTextFile(certificates.cert),
      authOptional: login === undefined,
      authMethods: ["PLAIN", "LOGIN", "CRAM-MD5"],
      onAuth: (auth, _session, done) => {
        const pass = login?.pass ?? "";
        // Only a challenge can be checked without the password.
        const isPassword = auth.method === "CRAM-MD5"
          ? auth.validatePassword(pass)
          : auth.password === pass;
        const isRight = isPassword && auth.username === login?.user;
        if (isRight) return done(null, { user: auth.username });
        return done(new Error("Invalid username or password"));
      },
      ...settings,
    });
    const listening = server.#server.listen(0, "127.0.0.1");
    await once(listening, "listening");
    return server;
  }

  get port(): number {
    const address = this.#server.server.address();
    if (address === null || typeof address === "string") {
      throw new Error("The mail server does not listen");
    }
    return address.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(resolve);
    await promise;
  }
}

/** Decodes what nodemailer makes of a text. */
function decode(body: string, headers: string): string {
  const [, encoding = "7bit"] =
    /^content-transfer-encoding: *(\S+)/im.exec(headers) ?? [];
  const text = encoding === "base64"
    ? Buffer.from(body, "base64").toString("utf8")
    : encoding === "quoted-printable"
    ? decodeQuoted(body)
    : body;
  return text.replaceAll("\r\n", "\n");
}

function decodeQuoted(body: string): string {
  const bytes = body.replaceAll("=\r\n", "")
    .replaceAll(
      /=([0-9A-F]{2})/g,
      (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, "latin1").toString("utf8");
}
