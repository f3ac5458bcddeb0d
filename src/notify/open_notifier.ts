import { unknownScheme } from "../base/scheme.ts";
import type { Notifier, NotifierContext } from "./notifier.ts";

type OpenNotifier = (
  url: string,
  context: NotifierContext,
) => Promise<Notifier>;

/** Loaded with their use: whoever notifies by webhook pays for no mail. */
const OPENERS: Readonly<Record<string, OpenNotifier>> = {
  slack: openSlack,
  mail: openMail,
  smtp: openMail,
  webhook: openWebhook,
  webhooks: openWebhook,
};

/** @throws {ConfigError} When there is no notifier for the scheme of a URL. */
export function checkNotifierUrl(url: string): void {
  openerOf(url);
}

/**
 * Opens the notifier of a URL.
 *
 * @throws {ConfigError} When the scheme is unknown, or the URL is bad.
 * @throws {FilesystemError} When a file that it names cannot be read.
 */
export async function openNotifier(
  url: string,
  context: NotifierContext,
): Promise<Notifier> {
  return await openerOf(url)(url, context);
}

function openerOf(url: string): OpenNotifier {
  const scheme = /^\s*([^:]*):/.exec(url)?.[1]?.toLowerCase() ?? "";
  const open = Object.hasOwn(OPENERS, scheme) ? OPENERS[scheme] : undefined;
  if (open !== undefined) return open;
  const known = Object.keys(OPENERS);
  throw unknownScheme(url, { what: "notifier", scheme, known });
}

async function openSlack(
  url: string,
  context: NotifierContext,
): Promise<Notifier> {
  const { SlackNotifier } = await import("./slack.ts");
  return new SlackNotifier(url, context);
}

async function openMail(
  url: string,
  context: NotifierContext,
): Promise<Notifier> {
  const { MailNotifier } = await import("./mail.ts");
  return await MailNotifier.open(url, context);
}

async function openWebhook(
  url: string,
  context: NotifierContext,
): Promise<Notifier> {
  const { WebhookNotifier } = await import("./webhook.ts");
  return await WebhookNotifier.open(url, context);
}
