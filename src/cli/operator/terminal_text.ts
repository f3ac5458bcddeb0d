/**
 * What a terminal would act on in place of showing it: controls (C0, DEL, C1,
 * which begin escape sequences), line and paragraph separators, and marks that
 * turn the direction of the text around or hide in it.
 */
const UNPRINTABLE =
  // deno-lint-ignore no-control-regex -- these are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/** Two columns wide: ideographs, kana, hangul, full-width forms, emoji. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
/** Drawn over what stands before it. */
const COMBINING = /[\p{Mn}\p{Me}]/u;

/**
 * Returns text of others as it may be written to a terminal: what a terminal
 * would obey stands there as `\x1b` or `\u202e`.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${hex(code)}`;
  });
}

/**
 * Returns a value as JSON, indented unless it is to be one line, that may be written to a terminal. What
 * JSON itself would leave as it is stands there as `\u009b`.
 */
export function printableJson(
  value: unknown,
  { isOneLine = false }: { readonly isOneLine?: boolean } = {},
): string {
  const text = JSON.stringify(value, null, isOneLine ? 0 : 2).replace(
    UNPRINTABLE,
    (character) =>
      character === "\n" ? character : Array.from(
        { length: character.length },
        (_, index) => `\\u${hex(character.charCodeAt(index))}`,
      ).join(""),
  );
  return `${text}\n`;
}

/** Returns how many columns of a terminal a printable text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (!COMBINING.test(character)) width += WIDE.test(character) ? 2 : 1;
  }
  return width;
}

/** Returns the text in at most `columns`, its end replaced by `…` when it is longer. */
export function cutToWidth(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let cut = "";
  let width = 1;
  for (const character of text) {
    width += textWidth(character);
    if (width > columns) break;
    cut += character;
  }
  return `${cut}…`;
}

/** Returns the text in lines of at most `columns`, broken at blanks where that is possible. */
export function wrapToWidth(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (textWidth(longer) <= columns) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    const pieces = breakWord(word, columns);
    line = pieces.pop() ?? "";
    lines.push(...pieces);
  }
  return [...lines, line];
}

function breakWord(word: string, columns: number): string[] {
  const pieces: string[] = [""];
  for (const character of word) {
    const longer = `${pieces.at(-1)}${character}`;
    if (textWidth(longer) <= columns) pieces.splice(-1, 1, longer);
    else pieces.push(character);
  }
  return pieces;
}

function hex(code: number): string {
  return code.toString(16).padStart(4, "0");
}
