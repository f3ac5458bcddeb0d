import { markdownBlocks } from "./markdown_blocks.ts";

/** A link of a Markdown page to something in the same repository. */
export interface MarkdownLink {
  /** Where it is, counted from 1. */
  readonly line: number;
  /** The path as it is written; empty for a link within the page. */
  readonly path: string;
  /** What stands behind `#`; empty when nothing does. */
  readonly anchor: string;
}

/** Returns the relative links of a page: those in brackets, and those of HTML tags. */
export function relativeLinks(source: string): MarkdownLink[] {
  const links: MarkdownLink[] = [];
  // A code span may go on in the next line.
  const prose = withoutBlocks(source)
    .replaceAll(
      /`[^`\n]*(?:\n[^`\n]+)*`/g,
      (code) => code.replaceAll(/./g, ""),
    );
  for (const [index, text] of prose.split("\n").entries()) {
    const inline = text.matchAll(/\]\(<?([^\s)>]+)/g);
    const tags = text.matchAll(/(?:src|srcset|href)="([^"\s]+)/g);
    for (const [, target = ""] of [...inline, ...tags]) {
      if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
      const [path = "", anchor = ""] = target.split("#");
      links.push({ line: index + 1, path, anchor });
    }
  }
  return links;
}

/**
 * Returns the anchors that GitHub gives to the headings of a page: lower case,
 * blanks as hyphens, no punctuation, a number after the first of the same name.
 */
export function headingAnchors(source: string): Set<string> {
  const anchors = new Set<string>();
  const headings = withoutBlocks(source).matchAll(/^#{1,6} +(.+?) *#*$/gm);
  for (const [, heading = ""] of headings) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const base = plain.toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Mark}\p{Number}\p{Pc}\- ]/gu, "")
      .replaceAll(" ", "-");
    let anchor = base;
    for (let count = 1; anchors.has(anchor); count++) {
      anchor = `${base}-${count}`;
    }
    anchors.add(anchor);
  }
  return anchors;
}

/** Empties the fenced blocks of a page and keeps the numbers of its lines. */
function withoutBlocks(source: string): string {
  const lines = source.split("\n");
  for (const { line, text } of markdownBlocks("", source)) {
    const height = text.split("\n").length;
    lines.fill("", line - 1, line + height);
  }
  return lines.join("\n");
}
