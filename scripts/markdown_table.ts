/** Returns a table of Markdown, unpadded; `deno fmt` pads it. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

/** Returns a page without what only pads its tables and fills its lines, to compare two. */
export function withoutPadding(page: string): string {
  return page.replace(/-{3,}/g, "---").replace(/\s+/g, " ");
}
