/** Returns whether `value` is an object with named members. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns a text as it is, and anything else as an empty one. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Returns a list, empty when it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
