import { cutText } from "../base/cut_text.ts";
import type { Redact } from "../base/redact.ts";
import { cleanText } from "./clean_text.ts";
import type { Message } from "./message.ts";
import { mapText } from "./rich_text.ts";

/** More than a person reads of an error, UTF-16 units. */
const MAX_LENGTH = 2_000;

/**
 * Returns the message as it may leave this host: without what only a terminal
 * understands, its secrets masked, and cut to what a person reads. In this
 * order: a secret may be put together by the first, and half a secret is one too.
 * Output of hooks is cut by those notifiers that have no room for it.
 */
export function redactMessage(message: Message, redact: Redact): Message {
  const { text, hint, version, hook, details } = message;
  const mask = (words: string) => redact(cleanText(words));
  const say = (words: string) => cutText(mask(words), MAX_LENGTH);
  const sayIfAny = (words: string | undefined) =>
    words === undefined ? undefined : say(words);
  return {
    ...message,
    text: mapText(text, say),
    hint: sayIfAny(hint),
    version: sayIfAny(version),
    ...(hook === undefined ? {} : {
      hook: {
        ...hook,
        command: mask(hook.command),
        stdout: mask(hook.stdout),
        stderr: mask(hook.stderr),
      },
    }),
    ...(details === undefined ? {} : {
      details: Object.fromEntries(
        Object.entries(details).map(([name, value]) => [
          name,
          typeof value === "string" ? say(value) : value,
        ]),
      ),
    }),
  };
}
