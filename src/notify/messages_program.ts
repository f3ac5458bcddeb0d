import type { AdminEvent } from "../base/event_admin.ts";
import type { ProgramEvent } from "../base/event_program.ts";
import type { DecisionEvent } from "../base/event_decision.ts";
import type { SharedCacheEvent } from "../base/event_shared_cache.ts";
import {
  errorPart,
  hintOf,
  important,
  type Message,
  type MessagesOf,
  normal,
  trouble,
  warning,
} from "./message.ts";
import { code, lines, rich, type RichText } from "./rich_text.ts";
import { type FormerRuns, isLastTold } from "./run_log.ts";

const LOG_HINT = "See the log of Dewy on this host";
const KILLED_HINT =
  "Find who killed it: journalctl -k tells when memory ran out";

/** Messages of what happens to dewy itself; failed ticks are another matter (`error_limit.ts`). */
export const PROGRAM_MESSAGES: MessagesOf<ProgramEvent> = {
  "started": (event, { former }) => startedMessage(event, former),
  "stopping": ({ signal }) =>
    normal(rich`Stop receiving by ${code(signal)} signal`),
  "start-failed": ({ error }, { former }) =>
    trouble(
      lines(rich`Dewy cannot start: ${errorPart(error)}`, ...lastWords(former)),
      { hint: hintOf(error) ?? LOG_HINT },
    ),
  "ended-by-error": ({ error }, { former }) =>
    trouble(
      lines(
        rich`Dewy ended with an error: ${errorPart(error)}`,
        ...lastWords(former),
      ),
      { hint: hintOf(error) ?? LOG_HINT },
    ),
  "state-unreadable": ({ path, movedTo, error }) =>
    trouble(
      rich`Dewy has lost its memory: ${code(path)} is unreadable (${
        errorPart(error)
      }) and was moved to ${code(movedTo)}`,
      {
        hint:
          "Nothing, if the right version runs; quarantine and history begin anew, and a pin, hold or roll-back that could be read stays",
      },
    ),
};

/** It is good to know, unless the runs before ended badly. */
function startedMessage(
  { version, command }: Extract<ProgramEvent, { type: "started" }>,
  former: FormerRuns | undefined,
): Message {
  const started = rich`Automatic shipping started by ${{
    strong: "Dewy",
  }} (v${version}: ${command})`;
  if (former === undefined || former.bad === 0) return normal(started);
  const { bad, wasCutOff } = former;
  const how = wasCutOff
    ? "was cut off: Dewy was killed, or the host went down"
    : "ended with an error";
  const row = bad === 1 ? "" : `; ${bad} in a row ended badly`;
  return warning(
    lines(started, rich`The run before ${how}${row}`, ...warningOf(former)),
    { details: { bad_runs: bad }, hint: wasCutOff ? KILLED_HINT : LOG_HINT },
  );
}

const SILENCE =
  "nothing is told until Dewy has run for 10 minutes, or is stopped";

/** What the last run of a row says at its start that tells of itself. */
function warningOf(former: FormerRuns): readonly RichText[] {
  return isLastTold(former)
    ? [rich`Should this one end badly too, ${SILENCE}`]
    : [];
}

/** What it says at its end. */
function lastWords(former: FormerRuns | undefined): readonly RichText[] {
  return former !== undefined && isLastTold(former)
    ? [rich`From here on ${SILENCE}`]
    : [];
}

/** Messages of what operators do. */
export const ADMIN_MESSAGES: MessagesOf<AdminEvent> = {
  "operator-acted": ({ action, result, version }) => {
    const what = version === undefined
      ? rich`${code(action)}`
      : rich`${code(action)} ${code(version)}`;
    return normal(rich`An operator asked for ${what}: ${result}`, { version });
  },
  "admin-token-locked": () =>
    warning(
      rich`Too many wrong tokens were given to the admin API; for a while none is looked at`,
      {
        topic: "admin-token-locked",
        hint: "Find who on this host tries; the Unix socket works on",
      },
    ),
};

/** Messages of which version is wanted, and why it is not deployed. */
export const DECISION_MESSAGES: MessagesOf<DecisionEvent> = {
  "version-incomplete": ({ tag, reason, notable }) =>
    notable
      ? trouble(rich`${code(tag)} cannot be deployed: ${reason}`, {
        version: tag,
        // A registry may have many of them.
        topic: "version-incomplete",
        // What may not be read says itself what to do.
        hint: reason.startsWith("permission denied")
          ? undefined
          : "Publish the artifact for this platform, or withdraw the version",
      })
      : undefined,
  "deploy-skipped": ({ tag, reason, notable }) =>
    notable
      ? normal(
        tag === undefined || reason.includes(tag)
          ? rich`Not deployed: ${reason}`
          : rich`${code(tag)} is not deployed: ${reason}`,
        { version: tag },
      )
      : undefined,
  "deploy-interrupted": ({ tag, restoredTo }) =>
    warning(
      rich`The deployment of ${
        code(tag)
      } was cut short by the end of Dewy and taken back`,
      {
        version: tag,
        hint: "Nothing, if it succeeds now: Dewy tries it again",
        ...(restoredTo === undefined
          ? {}
          : { details: { restored_to: restoredTo } }),
      },
    ),
};

/** Messages of an outage of the registry that a shared cache hides. */
export const SHARED_CACHE_MESSAGES: MessagesOf<SharedCacheEvent> = {
  "registry-outage": (event) => outageMessage(event),
};

function outageMessage(
  { phase, sinceMs, reason, code: cause }: Extract<
    SharedCacheEvent,
    { type: "registry-outage" }
  >,
): Message {
  const since = new Date(sinceMs).toISOString();
  const extras = { topic: `registry-outage ${phase}`, details: { since } };
  if (phase === "over") {
    return important(rich`The registry works again`, extras);
  }
  const hint = cause === "denied"
    ? "Check the credentials of the registry"
    : "Check the registry and the network; new versions wait until it answers";
  return phase === "begun"
    ? warning(
      rich`The registry fails, and the last known versions are used: ${reason}`,
      { ...extras, hint },
    )
    : trouble(rich`The registry has been failing since ${since}: ${reason}`, {
      ...extras,
      hint,
    });
}
