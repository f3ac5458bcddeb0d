import { shownTime } from "./ages.ts";
import type { Fields } from "./fields.ts";
import { type Cell, renderTable, type Screen, type Tone } from "./table.ts";

/** Returns one table, with its title, for each list of a status that is not empty. */
export function statusTables(status: Fields, screen: Screen): string[] {
  return [
    waitingTable(status.list("waiting"), screen),
    failedTable(status.list("failed"), screen),
    replicaTable(status.list("replicas"), screen),
    portTable(status.list("ports"), screen),
  ].filter((table) => table !== "");
}

/** A heading and what stands under it. */
interface Column {
  readonly head: string;
  readonly cell: (row: Fields) => string;
  readonly tone?: (row: Fields) => Tone | undefined;
}

function titled(
  title: string,
  rows: readonly Fields[],
  columns: readonly Column[],
  screen: Screen,
): string {
  if (rows.length === 0) return "";
  const cells = rows.map((row) =>
    columns.map(({ cell, tone }): Cell => ({
      text: cell(row),
      tone: tone?.(row),
    }))
  );
  const head = columns.map(({ head }) => head);
  return `${title}\n${renderTable(head, cells, screen)}`;
}

const VERSION: Column = {
  head: "VERSION",
  cell: (row) => row.text("version"),
};
const REASON: Column = { head: "REASON", cell: (row) => row.text("reason") };

function waitingTable(rows: readonly Fields[], screen: Screen): string {
  return titled("Waiting", rows, [
    VERSION,
    { head: "FOR", cell: (row) => row.text("code") },
    { head: "UNTIL", cell: (row) => shownTime(row.time("until"), screen) },
    REASON,
  ], screen);
}

function failedTable(rows: readonly Fields[], screen: Screen): string {
  return titled("Failed", rows, [
    VERSION,
    { head: "ATTEMPTS", cell: (row) => row.text("attempts") },
    {
      head: "NEXT",
      cell: (row) =>
        row.flag("quarantined")
          ? "when republished"
          : shownTime(row.time("retry_at"), screen),
    },
    REASON,
  ], screen);
}

function replicaTable(rows: readonly Fields[], screen: Screen): string {
  return titled("Replicas", rows, [
    { head: "NAME", cell: (row) => row.text("name") },
    VERSION,
    { head: "ADDRESS", cell: (row) => row.text("address") },
    {
      head: "HEALTH",
      cell: (row) => row.flag("healthy") ? "healthy" : "not healthy",
      tone: (row) => row.flag("healthy") ? "good" : "bad",
    },
    { head: "IN FLIGHT", cell: (row) => row.text("in_flight") },
    { head: "REQUESTS", cell: (row) => row.text("requests_total") },
    { head: "SINCE", cell: (row) => shownTime(row.time("since"), screen) },
  ], screen);
}

function portTable(rows: readonly Fields[], screen: Screen): string {
  return titled("Ports", rows, [
    { head: "PORT", cell: (row) => `${row.text("port")}/${protocol(row)}` },
    { head: "OPEN", cell: (row) => row.text("connections") },
    { head: "CONNECTIONS", cell: (row) => row.text("connections_total") },
    { head: "REQUESTS", cell: (row) => row.text("requests_total") },
    { head: "ERRORS", cell: (row) => row.text("errors_total") },
    {
      head: "BACKENDS",
      cell: (row) => row.list("backends").map(backend).join(", "),
    },
  ], screen);
}

function protocol(row: Fields): string {
  return row.text("protocol");
}

function backend(one: Fields): string {
  return `${one.text("address")} ${one.text("state")}`;
}
