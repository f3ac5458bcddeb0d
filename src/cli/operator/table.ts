import { cutToWidth, textWidth } from "./terminal_text.ts";

/** How tables and lists are written. */
export interface Screen {
  /** Columns of the terminal; `undefined` when nobody looks at one, and nothing is cut. */
  readonly columns: number | undefined;
  /** Whether escape codes for colours may be used. */
  readonly color: boolean;
  /** Now, Unix milliseconds. */
  readonly now: number;
}

/** How something is meant, where there are colours. */
export type Tone = "good" | "bad" | "warn" | "faint" | "bold";

/** A text, and how it is meant. */
export interface Cell {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

const GAP = 2;
/** Narrower than this a column says nothing. */
const LEAST_COLUMNS = 12;

const CODES: Readonly<Record<Tone, string>> = {
  bold: "1",
  faint: "2",
  bad: "31",
  good: "32",
  warn: "33",
};

/** Returns the text in the colour of its tone. */
export function paint({ text, tone }: Cell, { color }: Screen): string {
  return !color || tone === undefined || text === ""
    ? text
    : `\x1b[${CODES[tone]}m${text}\x1b[0m`;
}

/**
 * Returns lines with columns of equal width. On a terminal the last column is
 * cut to what fits in one line; texts must be printable.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  screen: Screen,
): string {
  const header = head.map((text): Cell => ({ text, tone: "faint" }));
  return renderColumns([header, ...rows], screen);
}

/** As {@link renderTable}, without a head. */
export function renderColumns(
  rows: readonly (readonly Cell[])[],
  screen: Screen,
): string {
  const widths = columnWidths(rows);
  return rows.map((row) => renderRow(row, widths, screen)).join("");
}

function columnWidths(rows: readonly (readonly Cell[])[]): readonly number[] {
  const count = Math.max(0, ...rows.map(({ length }) => length));
  return Array.from(
    { length: count },
    (_, at) => Math.max(...rows.map((row) => textWidth(row[at]?.text ?? ""))),
  );
}

function renderRow(
  row: readonly Cell[],
  widths: readonly number[],
  screen: Screen,
): string {
  let line = "";
  let used = 0;
  for (const [at, width] of widths.entries()) {
    const cell = row[at] ?? { text: "" };
    const isLast = at === widths.length - 1;
    const room = isLast ? roomLeft(used, screen) : Infinity;
    const text = cutToWidth(cell.text, room);
    line += paint({ ...cell, text }, screen);
    if (isLast) break;
    line += " ".repeat(width - textWidth(text) + GAP);
    used += width + GAP;
  }
  return `${line.trimEnd()}\n`;
}

function roomLeft(used: number, { columns }: Screen): number {
  return columns === undefined
    ? Infinity
    : Math.max(LEAST_COLUMNS, columns - used);
}
