import { byId, element, replaceContent, setText, timeElement } from "./dom.js";
import { formatAge, formatDuration } from "./format.js";

const STEPS = {
  server: ["download", "verify", "unpack", "hook", "activate", "start"],
  assets: ["download", "verify", "unpack", "hook", "activate"],
  container: ["download", "hook", "health", "replace"],
};

export function showHead({ app, host, command, version }) {
  setText(byId("app"), app);
  setText(byId("host"), `on ${host}`);
  setText(byId("mode"), `${command} mode`);
  setText(byId("dewy-version"), `· dewy ${version}`);
}

/** What is in service, and what is done about it. */
export function showNow(status, now) {
  const { current, phase, deploying, command } = status;
  setText(byId("version"), current?.version ?? "nothing yet");
  replaceContent(
    byId("since"),
    current === null ? [] : [
      "for ",
      timeElement(
        formatDuration(Math.max(now - Date.parse(current.since), 0)),
        current.since,
      ),
    ],
  );
  const pill = byId("phase");
  setText(pill, phase);
  pill.dataset.phase = phase;
  setText(
    byId("deploying"),
    deploying === null
      ? ""
      : `${deploying.version}, for ${
        formatDuration(Math.max(now - Date.parse(deploying.since), 0))
      }`,
  );
  const steps = byId("steps");
  steps.hidden = deploying === null;
  replaceContent(
    steps,
    deploying === null ? [] : STEPS[command].map((step) =>
      element("li", {
        "aria-current": step === deploying.step ? "step" : undefined,
      }, step)
    ),
  );
  replaceContent(
    byId("facts"),
    factsOf(status, now).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [element("dt", {}, name), element("dd", {}, ...[value].flat())]
    ),
  );
  setText(byId("registry"), `Registry: ${status.registry.url}`);
}

function factsOf(status, now) {
  const { decision, registry, previous, program } = status;
  const when = (rfc3339) =>
    timeElement(formatAge(Date.parse(rfc3339), now), rfc3339);
  return [
    [
      "Decision",
      decision === null ? undefined : [
        `${decision.kind} ${decision.version ?? ""}`.trim(),
        `: ${decision.reason} (`,
        when(decision.at),
        ")",
      ],
    ],
    ["Next check", nextCheck(status, when)],
    [
      "Last answer",
      registry.last_answered_at === null
        ? "none yet"
        : when(registry.last_answered_at),
    ],
    [
      "Before",
      previous === null ? undefined : [
        `${previous.version}, from `,
        when(previous.since),
      ],
    ],
    ["Program", program === null ? undefined : describeProgram(program)],
    ["dewy runs", [
      `as process ${status.pid}, started `,
      when(status.started_at),
    ]],
  ];
}

function nextCheck({ phase, registry }, when) {
  if (registry.next_poll_at === null) return undefined;
  return phase === "waiting" ? when(registry.next_poll_at) : "after this one";
}

function describeProgram({ pid, running, generation, restarts, deaths }) {
  const runs = running ? `runs as process ${pid ?? "–"}` : "does not run";
  const times = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
  return `${runs}, generation ${generation}, ${times(restarts, "restart")}, ${
    times(deaths, "death")
  }`;
}

/** What an operator ordered, what waits and what is wrong. */
export function showNotices({ pin, hold, waiting, registry }, now) {
  const when = (rfc3339) => formatAge(Date.parse(rfc3339), now);
  const lasting = (rfc3339) =>
    `for ${formatDuration(Math.max(now - Date.parse(rfc3339), 0))}`;
  const notices = [];
  if (hold !== null) {
    const why = hold.reason === null ? "" : `: ${hold.reason}`;
    notices.push(["warn", `On hold ${lasting(hold.since)}${why}`]);
  }
  if (pin !== null) {
    notices.push(["warn", `Pinned to ${pin.version} ${lasting(pin.since)}`]);
  }
  for (const { version, reason, until } of waiting) {
    const end = until === null ? "" : ` (${when(until)})`;
    notices.push(["idle", `${version} waits: ${reason}${end}`]);
  }
  if (registry.error !== null) {
    notices.push([
      "bad",
      `The registry failed ${registry.failures} times in a row: ${registry.error}`,
    ]);
  }
  if (notices.length === 0) notices.push(["idle", "No orders, nothing waits."]);
  replaceContent(
    byId("notices"),
    notices.map(([kind, text]) => element("li", { "data-kind": kind }, text)),
  );
}
