import {
  configureSync,
  getLogger,
  type LogRecord,
  resetSync,
} from "@logtape/logtape";
import type { Redact } from "../base/redact.ts";
import { formatJson, formatText } from "./log_format.ts";

/** Least severity that is written. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** How log records are written. */
export type LogFormat = "text" | "json";

/** A length of time in a log record: `30m0s` in text, nanoseconds in JSON, as Go's slog has it. */
export class LogDuration {
  constructor(readonly ms: number) {}
}

/** What a log record may carry. */
export type LogValue = string | number | boolean | LogDuration;

/** The named values of a log record, in the order they are written. */
export type LogFields = Readonly<Record<string, LogValue | undefined>>;

/** One log record, time in Unix milliseconds. */
export interface LogLine {
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Writes log records. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

/** How a {@link Logger} is made. */
export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly redact: Redact;
  /** Takes one line, its end included. */
  readonly write: (line: string) => void;
}

const LEVELS = {
  debug: "debug",
  info: "info",
  warn: "warning",
  error: "error",
} as const;

/** Opens the program's one logger; opening another one replaces it. */
export function openLogger(options: LoggerOptions): Logger {
  const { level, format, redact, write } = options;
  const render = format === "json" ? formatJson : formatText;
  resetSync();
  configureSync({
    sinks: { stream: (record) => write(`${render(toLine(record, redact))}\n`) },
    loggers: [
      { category: "dewy", lowestLevel: LEVELS[level], sinks: ["stream"] },
      {
        category: ["logtape", "meta"],
        lowestLevel: "warning",
        sinks: ["stream"],
      },
    ],
  });
  const logger = getLogger("dewy");
  return {
    log: (level, message, fields = {}) => {
      // Messages are constant and braces in them no placeholders: all values are fields.
      logger[LEVELS[level] === "warning" ? "warn" : LEVELS[level]](message, {
        ...fields,
      });
    },
  };
}

function toLine(record: LogRecord, redact: Redact): LogLine {
  const level = record.level === "warning" || record.level === "fatal" ||
      record.level === "trace"
    ? "warn"
    : record.level;
  const fields = Object.entries(record.properties).map((
    [name, value],
  ) => [name, toValue(value, redact)]);
  return {
    time: record.timestamp,
    level,
    message: redact(record.message.map(String).join("")),
    fields: Object.fromEntries(fields),
  };
}

function toValue(value: unknown, redact: Redact): LogValue | undefined {
  if (value === undefined || value instanceof LogDuration) return value;
  if (typeof value === "number" || typeof value === "boolean") return value;
  return redact(String(value));
}
