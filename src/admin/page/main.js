import { showActions, suggestVersions, wireActions } from "./actions.js";
import { byId, element, setText, timeElement } from "./dom.js";
import { showHead, showNotices, showNow } from "./now.js";
import { followEvents } from "./stream.js";
import { showFailed, showHistory, showPorts, showReplicas } from "./tables.js";

const POLL_MS = 2_000;
/** Events often come several at once. */
const SETTLE_MS = 150;
const SHOWN_EVENTS = 100;

let status;
let history = [];
let settling;
/** dewy's clock minus this one's. */
let skew = 0;

const clock = () => new Date().toLocaleTimeString();
const now = () => Date.now() + skew;

function show() {
  if (status === undefined) return;
  showHead(status);
  showNow(status, now());
  showNotices(status, now());
  showReplicas(status, now());
  showPorts(status);
  showFailed(status, now());
  showHistory(history, now());
  showActions(status);
  const { app, current } = status;
  setText(
    document.querySelector("title"),
    `${current?.version ?? "–"} · ${app} · dewy`,
  );
}

/** Says what a sighted reader sees change. */
function announce(before, after) {
  const is = (status) => status?.current?.version;
  if (is(before) !== is(after) && before !== undefined) {
    say(`${is(after) ?? "Nothing"} is in service`);
  }
  const begins = after.deploying !== null &&
    before?.deploying?.version !== after.deploying.version;
  if (begins) say(`${after.deploying.version} is being deployed`);
}

const say = (text) => setText(byId("announcer"), text);

async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  const date = Date.parse(response.headers.get("date") ?? "");
  // The header counts whole seconds.
  if (Math.abs(date - now()) > 2_000) skew = date - Date.now();
  return await response.json();
}

async function refresh() {
  try {
    const before = status;
    status = await get("/api/v1/status");
    announce(before, status);
    if (before === undefined || shows(before) !== shows(status)) {
      await refreshHistory();
    }
    show();
  } catch {
    // The event stream notices the loss, and says so.
  }
}

/** What of the status tells that the history has grown. */
const shows = ({ current, failed, deploying }) =>
  JSON.stringify([current, failed, deploying?.version]);

async function refreshHistory() {
  ({ history } = await get("/api/v1/history"));
  suggestVersions(history);
}

function soon() {
  clearTimeout(settling);
  settling = setTimeout(refresh, SETTLE_MS);
}

function showLink(state, text) {
  const link = byId("link");
  if (link.dataset.state === state) return;
  link.dataset.state = state;
  setText(link, text);
  if (state === "lost") say(text);
}

function takeEvent({ at, level, message, type: _, ...fields }) {
  const values = Object.entries(fields).map(([name, value]) =>
    `${name}=${value}`
  );
  const kind = { warn: "warn", error: "bad" }[level];
  const list = byId("events");
  list.prepend(element(
    "li",
    {},
    timeElement(new Date(at).toLocaleTimeString(), at),
    element(
      "span",
      kind === undefined ? {} : { class: "mark", "data-kind": kind },
      message,
    ),
    element("span", { class: "quiet" }, values.join(" ")),
  ));
  while (list.childElementCount > SHOWN_EVENTS) list.lastElementChild.remove();
  soon();
}

wireActions(soon);
void followEvents({
  onOpen: () => {
    showLink("live", "Live");
    soon();
  },
  onLost: () => showLink("lost", `Connection lost at ${clock()}, trying again`),
  onEvent: takeEvent,
});
void refresh();
setInterval(() => {
  if (!document.hidden) void refresh();
}, POLL_MS);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void refresh();
});
