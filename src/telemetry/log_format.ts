import { formatDuration } from "../base/duration.ts";
import { localTime } from "../base/local_time.ts";
import { LogDuration, type LogLine, type LogValue } from "./logger.ts";

/** Writes a record as Go's slog text handler does: `time=… level=INFO msg="…" key=value`. */
export function formatText({ time, level, message, fields }: LogLine): string {
  const pairs = Object.entries(fields)
    .filter((pair): pair is [string, LogValue] => pair[1] !== undefined)
    .map(([name, value]) => `${quote(name)}=${quote(textValue(value))}`);
  return [
    `time=${localTime(time, 3)}`,
    `level=${level.toUpperCase()}`,
    `msg=${quote(message)}`,
    ...pairs,
  ].join(" ");
}

/** Writes a record as Go's slog JSON handler does: one object, durations in nanoseconds. */
export function formatJson({ time, level, message, fields }: LogLine): string {
  const values = Object.entries(fields).map(([name, value]) => [
    name,
    value instanceof LogDuration ? Math.round(value.ms * 1e6) : value,
  ]);
  return JSON.stringify({
    time: localTime(time, 9),
    level: level.toUpperCase(),
    msg: message,
    ...Object.fromEntries(values),
  });
}

function textValue(value: LogValue): string {
  return value instanceof LogDuration
    ? formatDuration(value.ms)
    : String(value);
}

/** Quotes what would otherwise not be read back as one value; a newline never ends a record. */
function quote(text: string): string {
  return text === "" || /[\s"=\\\p{Cc}\u2028\u2029]/u.test(text)
    ? JSON.stringify(text)
    : text;
}
