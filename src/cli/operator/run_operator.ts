import type { AdminClient } from "./admin_client.ts";
import { Fields } from "./fields.ts";
import { openAdminClient } from "./open_admin_client.ts";
import { OPERATOR_EXIT, OperatorError } from "./operator_error.ts";
import { problemsOf } from "./problems.ts";
import { renderHistory } from "./render_lists.ts";
import { renderStatus } from "./render_status.ts";
import type { OperatorRequest } from "./request.ts";
import { printableJson } from "./terminal_text.ts";
import type { Screen } from "./table.ts";

/** What a command writes to, and with what. */
export interface OperatorIo {
  readonly env: Readonly<Record<string, string>>;
  readonly screen: Screen;
  /** Takes what is printed; returns whether somebody reads on. */
  readonly write: (text: string) => boolean;
}

/** dewy answers at once; only the disk can keep it. */
const ASK_LIMIT_MS = 15_000;
/** An action may ask the registry for a version first. */
const ACT_LIMIT_MS = 120_000;

/**
 * Asks or orders a running dewy and prints what it says. Returns the exit code.
 *
 * @throws {OperatorError} When that is not possible.
 * @throws {ConfigError} When the token cannot be read.
 */
export async function runOperator(
  request: OperatorRequest,
  io: OperatorIo,
): Promise<number> {
  using client = await openAdminClient(request.place, io.env);
  return await tellJson(request, io, () => perform(client, request, io));
}

/** With `--json` a refusal is JSON too, in the form of the admin API. */
export async function tellJson(
  { json, name }: { readonly json: boolean; readonly name: string },
  { write }: Pick<OperatorIo, "write">,
  task: () => Promise<number>,
): Promise<number> {
  try {
    return await task();
  } catch (error) {
    if (!json || !(error instanceof OperatorError)) throw error;
    const { code, message, hint } = error;
    const isOneLine = name === "events";
    write(printableJson({ error: { code, message, hint } }, { isOneLine }));
    return error.exitCode;
  }
}

async function perform(
  client: AdminClient,
  request: OperatorRequest,
  io: OperatorIo,
): Promise<number> {
  switch (request.name) {
    case "status":
      return await showStatus(client, request, io);
    case "history":
      return await showHistory(client, request, io);
    case "events": {
      const { followEvents } = await import("./follow_events.ts");
      return await followEvents(client, request, io);
    }
    default:
      return await act(client, request, io);
  }
}

async function showStatus(
  client: AdminClient,
  { json }: OperatorRequest,
  { write, screen }: OperatorIo,
): Promise<number> {
  const answer = await client.ask({ path: "status", limitMs: ASK_LIMIT_MS });
  const status = Fields.of(answer);
  write(json ? printableJson(answer) : renderStatus(status, screen));
  return problemsOf(status).length === 0 ? 0 : OPERATOR_EXIT.failing;
}

async function showHistory(
  client: AdminClient,
  { json }: OperatorRequest,
  { write, screen }: OperatorIo,
): Promise<number> {
  const answer = await client.ask({ path: "history", limitMs: ASK_LIMIT_MS });
  write(
    json ? printableJson(answer) : renderHistory(Fields.of(answer), screen),
  );
  return 0;
}

async function act(
  client: AdminClient,
  request: OperatorRequest,
  io: OperatorIo,
): Promise<number> {
  const { wait, json } = request;
  if (wait) return await actAndWait(client, request, io);
  const answer = await order(client, request);
  io.write(json ? printableJson(answer) : sentenceOf(answer));
  return 0;
}

/** The watch begins before the order, so that no end is missed. */
async function actAndWait(
  client: AdminClient,
  request: OperatorRequest,
  io: OperatorIo,
): Promise<number> {
  const { json } = request;
  const { write } = io;
  const { OutcomeWatch } = await import("./await_outcome.ts");
  await using watch = await OutcomeWatch.begin(client, io);
  const answer = await order(client, request);
  if (!json) write(sentenceOf(answer));
  const fields = Fields.of(answer);
  const isBegun = fields.text("result") === "started";
  const version = fields.text("version");
  const message = `${version} is in service`;
  if (isBegun) {
    await watch.outcome(json ? { version } : { version, tell: write });
  }
  if (json) {
    const done = { result: "done", message };
    write(printableJson(isBegun ? { ...Object(answer), ...done } : answer));
  } else if (isBegun) write(`${message}\n`);
  return 0;
}

function order(
  client: AdminClient,
  { name, version, reason }: OperatorRequest,
): Promise<unknown> {
  return client.ask({
    path: `actions/${name}`,
    body: {
      ...(version === undefined ? {} : { version }),
      ...(reason === undefined || name !== "hold" ? {} : { reason }),
    },
    limitMs: ACT_LIMIT_MS,
  });
}

function sentenceOf(answer: unknown): string {
  return `${Fields.of(answer).text("message") || "Done."}\n`;
}
