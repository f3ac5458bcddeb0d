import { cutToWidth, textWidth, wrapToWidth } from "./terminal_text.ts";

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
/** With less room than this a column says nothing. */
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
 * cut to what fits; texts must be printable.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  screen: Screen,
): string {
  const header = head.map((text): Cell => ({ text, tone: "faint" }));
  return renderColumns([header, ...rows], screen);
}

/** Returns names with what is to be said of each, which is wrapped to the width of a terminal. */
export function renderList(
  rows: readonly (readonly [name: Cell, value: Cell])[],
  screen: Screen,
): string {
  const width = GAP + Math.max(...rows.map(([name]) => textWidth(name.text)));
  const room = Math.max(LEAST_COLUMNS, (screen.columns ?? Infinity) - width);
  return rows.map(([name, { text, tone }]) => {
    const lines = wrapToWidth(text, room)
      .map((text) => paint({ text, tone }, screen));
    const blanks = " ".repeat(width - textWidth(name.text));
    const value = lines.join(`\n${" ".repeat(width)}`);
    return `${paint(name, screen)}${blanks}${value}\n`;
  }).join("");
}

function renderColumns(
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
  const before = widths.slice(0, -1);
  const line = before.map((width, at) => {
    const cell = row[at] ?? { text: "" };
    const blanks = " ".repeat(width - textWidth(cell.text) + GAP);
    return paint(cell, screen) + blanks;
  }).join("");
  const used = before.reduce((sum, width) => sum + width + GAP, 0);
  const last = row[before.length] ?? { text: "" };
  const text = `${line}${lastCell(last, used, screen)}`;
  return `${text.replace(/ +$/gm, "")}\n`;
}

/** Cut to the room there is; on a line of its own where that is next to none. */
function lastCell(cell: Cell, used: number, screen: Screen): string {
  const { columns } = screen;
  if (columns === undefined || cell.text === "") return paint(cell, screen);
  const isTight = columns - used < LEAST_COLUMNS;
  const room = isTight ? columns - GAP : columns - used;
  const text = cutToWidth(cell.text, Math.max(room, LEAST_COLUMNS));
  const painted = paint({ ...cell, text }, screen);
  return isTight ? `\n${" ".repeat(GAP)}${painted}` : painted;
}
