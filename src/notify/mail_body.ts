import { formatDuration } from "../base/duration.ts";
import type { HookResult } from "../base/event.ts";
import { hookOutcome, hookTitle } from "./messages_deploy.ts";
import type { Notice, Origin } from "./notifier.ts";
import { plainText } from "./rich_text.ts";

const PROJECT_URL = "https://github.com/linyows/dewy";

/** Returns the subject of a message; a hook's result has its own. */
export function mailSubject({ hook }: Notice, subject: string): string {
  return hook === undefined
    ? subject
    : `Dewy ${hookTitle(hook)} ${hookOutcome(hook)}`;
}

/** Returns the text of a message, as the original writes it. */
export function mailBody(notice: Notice, origin: Origin): string {
  const { text, hint, hook } = notice;
  const parts = [
    hook === undefined ? plainText(text) : hookBody(hook),
    ...(hint === undefined ? [] : ["", `What to do: ${hint}`]),
    "",
    `Host: ${origin.host}`,
    `User: ${origin.user}`,
    `Working dir: ${origin.workdir}`,
    "",
    "--",
    `Dewy: ${PROJECT_URL}`,
  ];
  return `${parts.join("\n")}\n`;
}

function hookBody(result: HookResult): string {
  const { command, exitCode, durationMs, stdout, stderr } = result;
  const outputs = [["STDOUT:", stdout], ["STDERR:", stderr]] as const;
  return [
    `${hookTitle(result)} ${hookOutcome(result)}`,
    "",
    `Command: ${command}`,
    `Exit Code: ${exitCode}`,
    `Duration: ${formatDuration(durationMs)}`,
    ...outputs.filter(([, output]) => output !== "").flatMap((
      [title, output],
    ) => ["", title, output]),
  ].join("\n");
}
