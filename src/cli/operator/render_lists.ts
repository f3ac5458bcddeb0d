import { shownDuration, shownTime } from "./ages.ts";
import type { Fields } from "./fields.ts";
import {
  type Cell,
  paint,
  renderTable,
  type Screen,
  type Tone,
} from "./table.ts";

const OUTCOMES: Readonly<Record<string, Tone>> = {
  deployed: "good",
  failed: "bad",
  interrupted: "warn",
  "rolled-back": "warn",
};

const VERDICTS: Readonly<Record<string, Tone>> = {
  chosen: "good",
  current: "bold",
  waiting: "warn",
  refused: "warn",
};

/** Returns the answer of `GET /api/v1/history` as a table, newest first. */
export function renderHistory(answer: Fields, screen: Screen): string {
  const rows = answer.list("history").map((entry): Cell[] => [
    { text: shownTime(entry.time("at"), screen) },
    { text: entry.text("version") },
    tonedCell(entry.text("outcome"), OUTCOMES),
    { text: shownDuration(entry.number("duration_ms")) },
    { text: entry.text("reason") },
  ]);
  if (rows.length === 0) return "Nothing was deployed yet.\n";
  const head = ["WHEN", "VERSION", "OUTCOME", "TOOK", "REASON"];
  return renderTable(head, rows, screen);
}

/** Returns the answer of `GET /api/v1/plan`: what would be done now, then each version. */
export function renderPlan(answer: Fields, screen: Screen): string {
  const action = answer.object("action");
  const isDeploy = action?.text("kind") === "deploy";
  const version = isDeploy ? action.text("version") : "nothing";
  const reason = action?.text("reason") ?? "";
  const first = paint({
    text: `Would deploy ${version}`,
    tone: isDeploy ? "good" : "bold",
  }, screen);
  const rows = answer.list("versions").map((entry): Cell[] => [
    { text: entry.text("version") },
    tonedCell(entry.text("verdict"), VERDICTS),
    { text: entry.text("reason") },
  ]);
  const table = rows.length === 0
    ? ""
    : `\n${renderTable(["VERSION", "VERDICT", "REASON"], rows, screen)}`;
  return `${first}${reason === "" ? "" : `: ${reason}`}\n${table}`;
}

function tonedCell(
  text: string,
  tones: Readonly<Record<string, Tone>>,
): Cell {
  return { text, tone: Object.hasOwn(tones, text) ? tones[text] : undefined };
}
