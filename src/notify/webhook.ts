import { ConfigError, SourceError } from "../base/errors.ts";
import { booleanOption, type DriverUrl, parseDriverUrl } from "../base/url.ts";
import { readCaFile } from "./ca_file.ts";
import { httpPost } from "./http_post.ts";
import type { Notice, Notifier, NotifierContext, Origin } from "./notifier.ts";
import { webhookBody } from "./webhook_body.ts";
import { signatureHeaders } from "./webhook_signature.ts";

const OPTIONS = ["secret", "ca", "quiet"];
/** Statuses that another attempt may change (RFC 9110, RFC 6585). */
const PASSING = new Set([408, 425, 429]);

interface WebhookOptions {
  readonly url: URL;
  readonly secret: string | undefined;
  readonly quiet: boolean;
  readonly origin: Origin;
  /** For authorities of its own. */
  readonly client: Deno.HttpClient | undefined;
}

/** Posts messages as JSON to a URL, signed when there is a secret. */
export class WebhookNotifier implements Notifier {
  readonly name: string;
  readonly quiet: boolean;
  readonly #options: WebhookOptions;

  private constructor(options: WebhookOptions) {
    const { url, quiet } = options;
    this.#options = options;
    const scheme = url.protocol === "https:" ? "webhooks" : "webhook";
    // The path may be a secret.
    this.name = `${scheme}://${url.host}`;
    this.quiet = quiet;
  }

  /**
   * Opens `webhook://HOST/PATH` (HTTP) or `webhooks://HOST/PATH` (HTTPS).
   *
   * @throws {ConfigError} When the URL is bad.
   * @throws {FilesystemError} When its file of authorities cannot be read.
   */
  static async open(
    text: string,
    { origin, env }: NotifierContext,
  ): Promise<WebhookNotifier> {
    const given = parseDriverUrl(text, { what: "notifier", options: OPTIONS });
    const url = addressOf(given);
    const secret = given.options.get("secret") ??
      (env["WEBHOOK_SECRET"] || undefined);
    const quiet = booleanOption(given, "quiet");
    const ca = await readCaFile(given);
    const client = ca === undefined
      ? undefined
      : Deno.createHttpClient({ caCerts: [ca] });
    return new WebhookNotifier({ url, secret, quiet, origin, client });
  }

  async send(notice: Notice, signal: AbortSignal): Promise<void> {
    const { url, secret, origin, client } = this.#options;
    const { id } = notice;
    const body = JSON.stringify(webhookBody(notice, origin));
    const timestamp = Math.floor(Date.now() / 1000);
    const headers = secret === undefined
      ? { "webhook-id": id, "webhook-timestamp": String(timestamp) }
      : signatureHeaders({ id, timestamp, body }, secret);
    const { status, retryAfterMs } = await httpPost({
      receiver: this.name,
      url,
      headers: { "content-type": "application/json", ...headers },
      body,
      client,
    }, signal);
    if (status < 200 || status > 299) {
      throw refusal(this.name, status, retryAfterMs);
    }
  }

  close(): void {
    this.#options.client?.close();
  }
}

function addressOf({ scheme, host, text }: DriverUrl): URL {
  if (host.includes("@")) {
    throw new ConfigError(
      `Cannot open notifier "${scheme}://…": it must not hold a user`,
      { hint: "Sign messages instead: secret=… or WEBHOOK_SECRET" },
    );
  }
  const protocol = scheme === "webhooks" ? "https" : "http";
  const [address = ""] = text.slice(scheme.length).split("?");
  const url = URL.parse(protocol + address);
  if (url !== null && host !== "") return url;
  throw new ConfigError(
    `Cannot open notifier "${scheme}://…": it names no host`,
    { hint: `Write ${scheme}://HOST[:PORT]/PATH` },
  );
}

function refusal(
  name: string,
  status: number,
  retryAfterMs: number,
): SourceError {
  const isPassing = status >= 500 || PASSING.has(status);
  return new SourceError(
    isPassing ? "unavailable" : "denied",
    `${name} answered ${status}`,
    {
      retryAfterMs,
      hint: status >= 300 && status < 400
        ? "Name the address it leads to: redirects are not followed"
        : "See the log of the receiver",
    },
  );
}
