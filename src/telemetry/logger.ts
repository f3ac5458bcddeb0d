/** Least severity that is written. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** How log records are written. */
export type LogFormat = "text" | "json";
