import { shownSince, shownTime } from "./ages.ts";
import type { Fields } from "./fields.ts";
import { problemsOf } from "./problems.ts";
import { type Cell, renderList, type Screen, type Tone } from "./table.ts";
import { statusTables } from "./status_tables.ts";

type Row = readonly [string, string, (Tone | undefined)?];

/**
 * Returns the answer of `GET /api/v1/status` for a person: what is in service
 * first, then what is wrong, then one table for each list that is not empty.
 */
export function renderStatus(status: Fields, screen: Screen): string {
  const rows: Row[] = [
    ["Application", applicationOf(status), "bold"],
    ["Version", versionOf(status, screen), "bold"],
    ...optional("Previous", previousOf(status, screen)),
    ["State", stateOf(status)],
    ...optional("Deploying", deployOf(status, screen)),
    ...optional("Program", programOf(status.object("program"))),
    ["Registry", registryOf(status, screen)],
    ...optional("Pinned to", pinOf(status, screen), "warn"),
    ...optional("Held", holdOf(status, screen), "warn"),
    ...problemsOf(status).map((text): Row => ["Problem", text, "bad"]),
    ["dewy", ownOf(status, screen)],
  ];
  const cells = rows.map(([name, text, tone]): [Cell, Cell] => [
    { text: name, tone: "faint" },
    { text, tone },
  ]);
  return [renderList(cells, screen), ...statusTables(status, screen)]
    .join("\n");
}

function optional(name: string, text: string, tone?: Tone): Row[] {
  return text === "" ? [] : [[name, text, tone]];
}

function applicationOf(status: Fields): string {
  const mode = status.text("command");
  return `${status.text("app")} (${mode}) on ${status.text("host")}`;
}

function versionOf(status: Fields, screen: Screen): string {
  return servedOf(status.object("current"), screen) || "none yet";
}

function servedOf(served: Fields | undefined, screen: Screen): string {
  if (served === undefined) return "";
  return joined(served.text("version"), since(served, screen));
}

/** It is in service no longer, so that "for" would be wrong. */
function previousOf(status: Fields, screen: Screen): string {
  const previous = status.object("previous");
  if (previous === undefined) return "";
  const begun = shownTime(previous.time("since"), screen);
  return joined(previous.text("version"), begun && `since ${begun}`);
}

function stateOf(status: Fields): string {
  const decision = status.object("decision");
  return joined(status.text("phase"), decision?.text("reason") ?? "");
}

function deployOf(status: Fields, screen: Screen): string {
  const deploying = status.object("deploying");
  if (deploying === undefined) return "";
  const what = joined(deploying.text("version"), deploying.text("step"));
  return joined(what, since(deploying, screen));
}

function programOf(program: Fields | undefined): string {
  if (program === undefined) return "";
  const pid = program.text("pid");
  const state = program.flag("running") ? "runs" : "does not run";
  return [
    pid === "" ? state : `${state} as process ${pid}`,
    `generation ${program.text("generation")}`,
    count(program.number("restarts"), "restart"),
    count(program.number("deaths"), "death"),
  ].join(", ");
}

function registryOf(status: Fields, screen: Screen): string {
  const registry = status.object("registry");
  if (registry === undefined) return "";
  const answered = shownTime(registry.time("last_answered_at"), screen);
  // While it is busy the next poll is not settled.
  const next = status.text("phase") === "waiting"
    ? shownTime(registry.time("next_poll_at"), screen)
    : "";
  return [
    registry.text("url"),
    answered === "" ? "has not answered yet" : `answered ${answered}`,
    ...(next === "" ? [] : [`next poll ${next}`]),
  ].join(", ");
}

function pinOf(status: Fields, screen: Screen): string {
  const pin = status.object("pin");
  return pin === undefined
    ? ""
    : joined(pin.text("version"), since(pin, screen));
}

function holdOf(status: Fields, screen: Screen): string {
  const hold = status.object("hold");
  if (hold === undefined) return "";
  const reason = hold.text("reason");
  return `${since(hold, screen)}${reason === "" ? "" : `: ${reason}`}`;
}

function ownOf(status: Fields, screen: Screen): string {
  const started = shownTime(status.time("started_at"), screen);
  return `${status.text("version")}, process ${status.text("pid")}${
    started === "" ? "" : `, started ${started}`
  }`;
}

function since(fields: Fields, screen: Screen): string {
  return shownSince(fields.time("since"), screen);
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}

function count(number: number | undefined, word: string): string {
  return `${number ?? 0} ${word}${number === 1 ? "" : "s"}`;
}
