import { byId, element, replaceContent, setText } from "./dom.js";

const KEY = "dewy-token";
const ACTIONS = [
  [
    "deploy",
    "Deploy now",
    "Checks now, whatever cooldown, window or an earlier failure say.",
    "version",
  ],
  [
    "rollback",
    "Roll back",
    "Goes back to the version before, or to the one named; a deploy under way is called off. The version left is not deployed again until a newer one appears.",
    "version",
  ],
  [
    "pin",
    "Pin",
    "Only this version is wanted until it is unpinned; it is deployed at once.",
    "version!",
  ],
  ["unpin", "Unpin", "The newest version is wanted again."],
  ["hold", "Hold", "No deploys start from now on; checking goes on.", "reason"],
  ["resume", "Resume", "Deploys may start again."],
  ["restart", "Restart", "Restarts the application in the version it has."],
];
const LABELS = {
  version: "Version (optional)",
  "version!": "Version",
  reason: "Reason (optional)",
};
/** In memory, and in this tab's storage where there is one. */
let token = readToken();

function readToken() {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    // The browser has storage turned off: memory is enough.
    return "";
  }
}

function keepToken(text) {
  token = text;
  storeToken(text);
  if (shown !== undefined) showActions(shown);
}

function storeToken(text) {
  try {
    if (text === "") sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, text);
  } catch {
    // As above.
  }
}

/** What was last shown. */
let shown;

/** Shows the actions that make sense now; without a token the way to enter one. */
export function showActions(status) {
  shown = status;
  const { pin, hold, command } = status;
  byId("actions").hidden = token === "";
  byId("token-form").hidden = token !== "";
  const senseless = new Set([
    pin === null ? "unpin" : "",
    hold === null ? "resume" : "hold",
    command === "assets" ? "restart" : "",
  ]);
  const buttons = ACTIONS.filter(([name]) => !senseless.has(name))
    .map(([name, label]) =>
      element("button", { type: "button", "data-action": name }, label)
    );
  buttons.push(
    element(
      "button",
      { type: "button", "data-action": "lock" },
      "Forget token",
    ),
  );
  replaceContent(byId("actions"), buttons);
}

/** Suggests versions that are known. */
export function suggestVersions(history) {
  const versions = [...new Set(history.map(({ version }) => version))];
  replaceContent(
    byId("versions"),
    versions.map((value) => element("option", { value })),
  );
}

export function wireActions(onChange) {
  byId("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void unlock(byId("token").value.trim());
  });
  byId("confirm-cancel").addEventListener("click", () => {
    byId("confirm").close("cancel");
  });
  byId("actions").addEventListener("click", ({ target }) => {
    const name = target.closest("button")?.dataset.action;
    if (name === "lock") {
      keepToken("");
      tell("", "The token is forgotten.");
      byId("token").focus();
    } else if (name !== undefined) ask(name, onChange);
  });
}

/** Takes the token if dewy does. */
async function unlock(given) {
  const leave = new AbortController();
  try {
    // Of what can be read, the event stream looks at the token.
    const response = await fetch("/api/v1/events", {
      headers: { authorization: `Bearer ${given}` },
      signal: leave.signal,
    });
    if (!response.ok) return tell("bad", await failureOf(response));
    byId("token").value = "";
    keepToken(given);
    tell("good", "Actions are unlocked.");
    byId("actions").querySelector("button")?.focus();
  } catch (error) {
    tell("bad", `dewy does not answer: ${error.message}`);
  } finally {
    leave.abort();
  }
}

function ask(name, onChange) {
  const [, label, text, field] = ACTIONS.find(([other]) => other === name);
  const dialog = byId("confirm");
  const input = byId("confirm-input");
  setText(byId("confirm-title"), `${label}?`);
  setText(byId("confirm-text"), text);
  setText(byId("confirm-go"), label);
  setText(byId("confirm-label"), LABELS[field] ?? "");
  byId("confirm-field").hidden = field === undefined;
  input.value = "";
  input.required = field === "version!";
  if (field === "reason") input.removeAttribute("list");
  else input.setAttribute("list", "versions");
  dialog.returnValue = "cancel";
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "go") return;
    const given = input.value.trim();
    const key = field?.replace("!", "");
    void act(
      name,
      given === "" || key === undefined ? {} : { [key]: given },
      onChange,
    );
  }, { once: true });
  dialog.showModal();
}

async function act(name, body, onChange) {
  tell("", `${name}…`);
  try {
    const response = await fetch(`/api/v1/actions/${name}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify(body),
    });
    if (response.ok) {
      const { message } = await response.json();
      tell("good", message);
    } else {
      if (response.status === 401) keepToken("");
      tell("bad", await failureOf(response));
    }
  } catch (error) {
    tell("bad", `dewy does not answer: ${error.message}`);
  }
  onChange();
}

async function failureOf(response) {
  const { error } = await response.json();
  return error.hint === undefined
    ? error.message
    : `${error.message}. ${error.hint}`;
}

function tell(kind, text) {
  const outcome = byId("outcome");
  outcome.dataset.kind = kind;
  setText(outcome, text);
}
