import type { Redact } from "../base/redact.ts";
import type { Message } from "./message.ts";
import { mapText } from "./rich_text.ts";

/** Returns the message with its secrets masked: before it is cut, since half a secret is one too. */
export function redactMessage(message: Message, redact: Redact): Message {
  const { text, hint, version, hook, details } = message;
  return {
    ...message,
    text: mapText(text, redact),
    hint: hint === undefined ? undefined : redact(hint),
    version: version === undefined ? undefined : redact(version),
    ...(hook === undefined ? {} : {
      hook: {
        ...hook,
        command: redact(hook.command),
        stdout: redact(hook.stdout),
        stderr: redact(hook.stderr),
      },
    }),
    ...(details === undefined ? {} : {
      details: Object.fromEntries(
        Object.entries(details).map(([name, value]) => [
          name,
          typeof value === "string" ? redact(value) : value,
        ]),
      ),
    }),
  };
}
