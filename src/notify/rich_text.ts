/** A piece of a message: words, a name or value, or something that stands out. */
export type Piece =
  | string
  | { readonly code: string }
  | { readonly strong: string };

/** A message that each notifier writes in its own markup. */
export type RichText = readonly Piece[];

/** Builds a message: `rich` before a template, with pieces and messages in it. */
export function rich(
  words: TemplateStringsArray,
  ...values: readonly (Piece | RichText | number)[]
): RichText {
  return words.flatMap((word, index): Piece[] => {
    const value = values[index];
    const pieces = value === undefined
      ? []
      : isText(value)
      ? value
      : [typeof value === "number" ? String(value) : value];
    return [word, ...pieces].filter((piece) => piece !== "");
  });
}

/** A name or value, such as a version. */
export function code(text: string): Piece {
  return { code: text };
}

/** Joins messages, each on a line of its own. */
export function lines(...texts: readonly RichText[]): RichText {
  return texts.flatMap((text, index) => index === 0 ? text : ["\n", ...text]);
}

/** Writes a message without markup. */
export function plainText(text: RichText): string {
  return text.map(contentOf).join("");
}

/** Writes a message in Slack's markup, in which `&`, `<` and `>` have a meaning. */
export function slackText(text: RichText): string {
  return text.map((piece) => {
    const content = escapeSlack(contentOf(piece));
    if (typeof piece === "string" || content === "") return content;
    if ("strong" in piece) return `*${content}*`;
    return `\`${content.replaceAll("`", "'")}\``;
  }).join("");
}

/** Keeps a text from being read as a link, a mention or an entity. */
export function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/** Returns the message with each of its pieces changed. */
export function mapText(
  text: RichText,
  change: (content: string) => string,
): RichText {
  return text.map((piece) => {
    const content = change(contentOf(piece));
    if (typeof piece === "string") return content;
    return "strong" in piece ? { strong: content } : { code: content };
  });
}

function contentOf(piece: Piece): string {
  if (typeof piece === "string") return piece;
  return "strong" in piece ? piece.strong : piece.code;
}

function isText(value: Piece | RichText | number): value is RichText {
  return Array.isArray(value);
}
