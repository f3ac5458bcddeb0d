import { formatDuration } from "../base/duration.ts";
import type { DeployFailure, HookResult } from "../base/event.ts";
import type { DeployStepEvent } from "../base/event_deploy.ts";
import {
  errorPart,
  hintOf,
  important,
  type Message,
  type MessageContext,
  type MessagesOf,
  normal,
  spokenDuration,
  warning,
} from "./message.ts";
import { code, lines, rich, type RichText } from "./rich_text.ts";

/** Messages of a deploy; one that fails is another matter (`error_limit.ts`). */
export const DEPLOY_MESSAGES: MessagesOf<DeployStepEvent> = {
  "deploy-started": (event, context) =>
    normal(startText(event, context), {
      version: event.tag,
      details: {
        reason: event.reason,
        ...(event.previous === undefined ? {} : { previous: event.previous }),
      },
    }),
  "artifact-downloaded": ({ tag }) =>
    normal(rich`Downloaded artifact for ${code(tag)}`, { version: tag }),
  "hook-finished": ({ result }) => hookMessage(result),
  "deploy-succeeded": ({ tag, durationMs }) =>
    important(
      rich`Deployment completed successfully (total: ${
        spokenDuration(durationMs)
      }): ${code(tag)}`,
      { version: tag, details: { duration_ms: Math.round(durationMs) } },
    ),
  "deploy-cancelled": ({ tag }) =>
    normal(rich`The deployment of ${code(tag)} was called off by the stop`, {
      version: tag,
    }),
  "rollback-started": ({ tag, to, reason }) =>
    warning(
      rich`Rolling back deployment: ${code(tag)} → ${code(to)}: ${reason}`,
      {
        version: tag,
        details: { to },
        hint: "See the application's own output in the log of this host",
      },
    ),
};

/** What a deploy that failed is told with; `isBack` when the version before had to come back. */
export function failureText(
  { tag, error, restoredTo, attempts, retryAt, quarantined }: DeployFailure,
  { isBack = false }: { readonly isBack?: boolean } = {},
): RichText {
  const retry = new Date(retryAt).toISOString().replace(/\.\d+/, "");
  const again = quarantined === true
    ? rich`${
      code(tag)
    } is quarantined: its bytes are tried again after ${retry}, others at once`
    : rich`${
      code(tag)
    } is tried again after ${retry} (attempts so far: ${attempts})`;
  return lines(
    rich`Deployment of ${code(tag)} failed: ${errorPart(error)}`,
    ...(restoredTo === undefined ? [] : [
      isBack
        ? rich`${code(restoredTo)} is in service again`
        : rich`${code(restoredTo)} stays in service`,
    ]),
    again,
  );
}

/** Returns the values of a deploy that failed, for programs. */
export function failureDetails(
  { restoredTo, attempts, retryAt, quarantined = false }: DeployFailure,
): NonNullable<Message["details"]> {
  return {
    attempts,
    retry_at: new Date(retryAt).toISOString(),
    quarantined,
    ...(restoredTo === undefined ? {} : { restored_to: restoredTo }),
  };
}

/** Returns what to do about a deploy that failed. */
export function failureHint({ error }: DeployFailure): string {
  return hintOf(error) ??
    "See the log of Dewy on this host; mend the cause, or publish a newer version";
}

const WORDS: Readonly<Record<string, string>> = {
  server: "server deployment",
  assets: "assets deployment",
  container: "rolling update deployment",
};

function startText(
  { tag, previous, reason }: Extract<
    DeployStepEvent,
    { type: "deploy-started" }
  >,
  { command }: MessageContext,
): RichText {
  const what = WORDS[command] ?? "deployment";
  if (previous === undefined || previous === tag) {
    return rich`Starting ${what}: ${code(tag)} (${reason})`;
  }
  const start = rich`Starting ${what}: ${code(previous)} → ${code(tag)}`;
  return reason === `newer than ${previous}`
    ? start
    : rich`${start} (${reason})`;
}

function hookMessage(result: HookResult): Message {
  const hasFailed = result.exitCode !== 0;
  const reason = result.timedOut
    ? `time limit passed after ${formatDuration(result.durationMs)}`
    : `exit code ${result.exitCode}`;
  const how = hasFailed ? ` (${reason})` : "";
  return {
    kind: "hook",
    level: hasFailed ? "error" : "info",
    text: rich`${hookTitle(result)} ${hookOutcome(result)}${how}`,
    hook: result,
    ...(hasFailed
      ? {
        hint:
          "Run the command by hand on this host, with its output before you",
      }
      : {}),
  };
}

/** Returns the heading of a hook's result. */
export function hookTitle({ when }: HookResult): string {
  return when === "before" ? "Before Deploy Hook" : "After Deploy Hook";
}

/** Returns the word for how a hook ended. */
export function hookOutcome({ exitCode }: HookResult): "SUCCESS" | "FAILED" {
  return exitCode === 0 ? "SUCCESS" : "FAILED";
}
