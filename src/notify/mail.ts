import { readCaFile } from "./ca_file.ts";
import { mailBody, mailSubject } from "./mail_body.ts";
import { type MailSettings, parseMailUrl } from "./mail_url.ts";
import type { Notice, Notifier, NotifierContext, Origin } from "./notifier.ts";

/** Sends messages as mail over SMTP. */
export class MailNotifier implements Notifier {
  readonly name: string;
  readonly quiet: boolean;
  readonly #settings: MailSettings;
  readonly #origin: Origin;
  /** PEM text of authorities of its own. */
  readonly #ca: string | undefined;

  private constructor(
    settings: MailSettings,
    { origin, ca }: {
      readonly origin: Origin;
      readonly ca: string | undefined;
    },
  ) {
    const { host, port, quiet } = settings;
    this.name = `mail://${host.includes(":") ? `[${host}]` : host}:${port}`;
    this.quiet = quiet;
    this.#settings = settings;
    this.#origin = origin;
    this.#ca = ca;
  }

  /**
   * Opens `mail://HOST[:PORT]/TO`, or the same with `smtp://`.
   *
   * @throws {ConfigError} When something is missing or wrong.
   * @throws {FilesystemError} When its file of authorities cannot be read.
   */
  static async open(
    text: string,
    { origin, env }: NotifierContext,
  ): Promise<MailNotifier> {
    const settings = parseMailUrl(text, env);
    const ca = await readCaFile(settings.url);
    return new MailNotifier(settings, { origin, ca });
  }

  async send(notice: Notice, signal: AbortSignal): Promise<void> {
    // Loaded with the first mail: most hosts send none.
    const { sendMail } = await import("./smtp.ts");
    const { from, to, subject } = this.#settings;
    const mail = {
      id: notice.id,
      from,
      to,
      subject: mailSubject(notice, subject),
      text: mailBody(notice, this.#origin),
      date: new Date(notice.time),
    };
    const ca = this.#ca;
    await sendMail(mail, { ...this.#settings, ca, name: this.name }, signal);
  }
}
