import { formatDuration } from "../base/duration.ts";
import type { HookResult } from "../base/event.ts";
import { cutOutput } from "./cut_output.ts";
import { hookTitle } from "./messages_deploy.ts";
import type { Notice } from "./notifier.ts";
import { escapeSlack, lines, rich, slackText } from "./rich_text.ts";
import { hostColor } from "./slack_color.ts";

const ICONS = "https://raw.githubusercontent.com/linyows/dewy/main/misc";
/** Picture beside a message. */
export const ICON_URL = `${ICONS}/dewy-icon.512.png`;
const FOOTER_ICON_URL = `${ICONS}/dewy-icon.32.png`;
const SUCCESS = "#36a64f";
const FAILURE = "#dd0000";

/** One line or column of an attachment. */
export interface SlackField {
  readonly title: string;
  readonly value: string;
  /** Whether two fit beside each other. */
  readonly short: boolean;
}

/**
 * What a message of dewy consists of: Slack's legacy attachment
 * (https://docs.slack.dev/messaging/formatting-message-text), as the original sends it.
 */
export interface SlackAttachment {
  readonly color: string;
  readonly fallback: "";
  readonly title?: string;
  readonly text: string;
  readonly fields?: readonly SlackField[];
  readonly footer: string;
  readonly "footer_icon": string;
  /** Unix seconds. */
  readonly ts: number;
}

/** What an attachment says of where it comes from. */
export interface SlackSignature {
  readonly hostname: string;
  readonly title: string | undefined;
  /** Where the title leads. */
  readonly url: string | undefined;
}

/** Returns the attachment of a message. */
export function attachmentOf(
  notice: Notice,
  signature: SlackSignature,
): SlackAttachment {
  const { text, hint, hook, time } = notice;
  const end = {
    footer: footerOf(signature),
    "footer_icon": FOOTER_ICON_URL,
    ts: Math.floor(time / 1000),
  };
  if (hook !== undefined) return { ...hookBody(hook), ...end };
  const whole = hint === undefined
    ? text
    : lines(text, rich`What to do: ${hint}`);
  return {
    color: hostColor(signature.hostname),
    fallback: "",
    text: slackText(whole),
    ...end,
  };
}

function hookBody(
  result: HookResult,
): Pick<SlackAttachment, "color" | "fallback" | "title" | "text" | "fields"> {
  const { command, stdout, stderr, exitCode, durationMs } = result;
  const outputs = [["Stdout", stdout], ["Stderr", stderr]] as const;
  return {
    color: exitCode === 0 ? SUCCESS : FAILURE,
    fallback: "",
    title: hookTitle(result),
    text: codeBlock(cutOutput(command)),
    fields: [
      ...outputs.filter(([, output]) => output !== "").map((
        [title, output],
      ) => ({ title, value: codeBlock(cutOutput(output)), short: false })),
      { title: "Exit Code", value: `\`${exitCode}\``, short: true },
      { title: "Duration", value: formatDuration(durationMs), short: true },
    ],
  };
}

function codeBlock(text: string): string {
  return `\`\`\`\n${escapeSlack(text).replaceAll("```", "'''")}\n\`\`\``;
}

function footerOf({ hostname, title, url }: SlackSignature): string {
  if (title === undefined) return escapeSlack(hostname);
  const shown = escapeSlack(title);
  const named = url === undefined ? shown : `<${escapeSlack(url)}|${shown}>`;
  return `${named}/${escapeSlack(hostname)}`;
}
