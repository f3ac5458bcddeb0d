import { errorMessage } from "../../base/errors.ts";
import type { AdminClient } from "./admin_client.ts";
import { Fields } from "./fields.ts";
import { OPERATOR_EXIT, OperatorError } from "./operator_error.ts";
import type { OperatorRequest } from "./request.ts";
import type { OperatorIo } from "./run_operator.ts";
import { eventData } from "./sse.ts";
import { paint, type Screen, type Tone } from "./table.ts";
import { printableJson } from "./terminal_text.ts";

const TONES: Readonly<Record<string, Tone>> = { warn: "warn", error: "bad" };

/**
 * Prints each event as it comes, one line each, until dewy ends or the reader
 * of the lines does.
 *
 * @throws {OperatorError} When dewy cannot be reached, or is gone.
 */
export async function followEvents(
  client: AdminClient,
  { json }: Pick<OperatorRequest, "json">,
  { write, screen }: OperatorIo,
): Promise<number> {
  const never = new AbortController().signal;
  const stream = await client.stream("events", never);
  try {
    for await (const data of eventData(stream)) {
      const value = parse(data);
      const line = json
        ? printableJson(value, { isOneLine: true })
        : eventLine(Fields.of(value), screen);
      if (!write(line)) return 0;
    }
  } catch (error) {
    throw ended(errorMessage(error));
  }
  throw ended("it has closed the stream");
}

/** Returns what is said when dewy has ended the stream: whoever waits for more had better know. */
export function ended(why: string): OperatorError {
  return new OperatorError(
    OPERATOR_EXIT.unreachable,
    "unreachable",
    `Cannot follow the events any longer: ${why}`,
    { hint: "dewy has stopped, or reads slower than events come; try again" },
  );
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    if (error instanceof SyntaxError) return { message: data };
    throw error;
  }
}

/** Fields that the line shows by itself. */
const SHOWN = new Set(["at", "type", "level", "message"]);

/** Returns an event as a line for people. */
export function eventLine(event: Fields, screen: Screen): string {
  const level = event.text("level");
  const tone = Object.hasOwn(TONES, level) ? TONES[level] : undefined;
  const fields = event.names()
    .filter((name) => !SHOWN.has(name))
    .map((name) => `${name}=${event.shown(name)}`);
  const line = [
    event.text("at"),
    paint({ text: level.toUpperCase().padEnd(5), tone }, screen),
    event.text("message") || event.text("type"),
    ...fields.map((text) => paint({ text, tone: "faint" }, screen)),
  ].join(" ");
  return `${line}\n`;
}
