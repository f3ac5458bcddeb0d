/**
 * What terminals act on: sequences that set a colour or move the cursor, those
 * with a text of their own such as a title, and the short ones (ECMA-48).
 */
const SEQUENCES =
  // deno-lint-ignore no-control-regex -- these are what is looked for
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[P\]X^_][^\u0007\u001b\n]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-Z\\-~]?/g;
/** Controls besides tab and line feed, and marks that turn the direction of a text. */
const UNREADABLE = /[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/gu;

/** Returns what a person reads of a text that others wrote, such as the output of a hook with colours. */
export function cleanText(text: string): string {
  return text.replace(SEQUENCES, "").replace(/\r\n?/g, "\n")
    .replace(UNREADABLE, "");
}
