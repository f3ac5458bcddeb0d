/** A fenced block of a Markdown page. */
export interface MarkdownBlock {
  readonly page: string;
  /** Where it begins, counted from 1. */
  readonly line: number;
  /** The language: `sh`. */
  readonly language: string;
  /** What stands behind it: `run`. */
  readonly marks: readonly string[];
  readonly text: string;
}

/** Returns the fenced blocks of a page, also those within lists. */
export function markdownBlocks(page: string, source: string): MarkdownBlock[] {
  const blocks: MarkdownBlock[] = [];
  let open: { line: number; indent: string; info: string } | undefined;
  let lines: string[] = [];
  for (const [index, line] of source.split("\n").entries()) {
    const [, indent = "", fence, info = ""] = /^(\s*)(```+)(.*)$/.exec(line) ??
      [];
    if (fence === undefined) {
      lines.push(open === undefined ? line : line.slice(open.indent.length));
    } else if (open === undefined) {
      open = { line: index + 1, indent, info: info.trim() };
      lines = [];
    } else {
      const [language = "", ...marks] = open.info.split(/\s+/);
      const text = `${lines.join("\n")}\n`;
      blocks.push({ page, line: open.line, language, marks, text });
      open = undefined;
    }
  }
  return blocks;
}
