import { byId, element, replaceContent, timeElement } from "./dom.js";
import {
  formatAge,
  formatCount,
  formatDuration,
  formatRate,
  RateMeter,
} from "./format.js";

const OUTCOMES = {
  deployed: ["good", "✓ deployed"],
  "rolled-back": ["warn", "↩ rolled back"],
  interrupted: ["warn", "◌ interrupted"],
  failed: ["bad", "✕ failed"],
};
const meters = new Map();

const cell = (...children) => element("td", {}, ...children);
const short = (...children) => element("td", { class: "short" }, ...children);
const number = (text) => element("td", { class: "number" }, text);
const mono = (text) => element("span", { class: "mono" }, text);
const mark = ([kind, text]) =>
  element("span", { class: "mark", "data-kind": kind }, text);
const ago = (rfc3339, now) =>
  timeElement(formatAge(Date.parse(rfc3339), now), rfc3339);

export function showReplicas({ replicas, command, ports }, now) {
  byId("replicas").hidden = command !== "container";
  const isTcp = ports.every(({ protocol }) => protocol === "tcp");
  const what = isTcp ? "connections" : "requests";
  forgetOthers(replicas);
  fill(
    "replicas",
    replicas.map((replica) => [
      cell(mono(replica.name)),
      short(
        mark(
          replica.healthy
            ? ["good", "✓ healthy"]
            : ["bad", "✕ out of rotation"],
        ),
      ),
      short(mono(replica.version)),
      short(mono(replica.address || "–")),
      number(formatCount(replica.in_flight)),
      number(rateOf(replica.name, replica.requests_total, what)),
      short(ago(replica.since, now)),
    ]),
  );
}

export function showPorts({ ports }) {
  byId("ports").hidden = ports.length === 0;
  fill(
    "ports",
    ports.map((port) => [
      short(mono(String(port.port))),
      short(port.protocol),
      number(describeRate(port)),
      number(formatCount(
        port.backends.reduce((sum, { in_flight }) => sum + in_flight, 0),
      )),
      number(formatCount(port.connections)),
      number(formatCount(port.requests_total)),
      number(formatCount(port.errors_total)),
      cell(describeBackends(port.backends)),
    ]),
  );
}

/** Of requests, or of connections where requests are not counted. */
function describeRate(port) {
  const { port: number, requests_total: requests } = port;
  const count = requests ?? port.connections_total;
  return rateOf(number, count, requests === null ? "connections" : "requests");
}

/** The rate of a counter, by what it belongs to: the name of a replica, or the number of a port. */
function rateOf(key, count, what) {
  if (!meters.has(key)) meters.set(key, new RateMeter());
  const rate = meters.get(key).read(count, performance.now());
  return rate === undefined ? "–" : `${formatRate(rate)} ${what}/s`;
}

/** Each deploy brings replicas with names of their own. */
function forgetOthers(replicas) {
  const names = new Set(replicas.map(({ name }) => name));
  for (const key of meters.keys()) {
    if (typeof key === "string" && !names.has(key)) meters.delete(key);
  }
}

function describeBackends(backends) {
  if (backends.length === 0) return "none";
  return ["ready", "draining", "ejected"]
    .map((state) => [
      backends.filter((backend) => backend.state === state).length,
      state,
    ])
    .filter(([count]) => count > 0)
    .map(([count, state]) => `${count} ${state}`)
    .join(", ");
}

export function showFailed({ failed }, now) {
  byId("failed").hidden = failed.length === 0;
  fill(
    "failed",
    failed.map((version) => [
      short(mono(version.version)),
      short(mark(
        version.quarantined
          ? ["bad", "✕ quarantined"]
          : ["warn", "◌ to be retried"],
      )),
      cell(version.reason),
      number(formatCount(version.attempts)),
      short(ago(version.last_at, now)),
      short(
        version.quarantined
          ? "when its bytes change"
          : ago(version.retry_at, now),
      ),
    ]),
  );
}

export function showHistory(history, now) {
  const rows = history.map((deploy) => [
    short(ago(deploy.at, now)),
    short(mono(deploy.version)),
    short(mark(OUTCOMES[deploy.outcome] ?? ["warn", deploy.outcome])),
    number(formatDuration(deploy.duration_ms)),
    cell(deploy.reason),
  ]);
  const none = element("td", { colspan: "5" }, "Nothing was deployed yet.");
  fill("history", rows.length > 0 ? rows : [[none]]);
}

function fill(id, rows) {
  replaceContent(
    byId(id).querySelector("tbody"),
    rows.map((cells) => element("tr", {}, ...cells)),
  );
}
