import { createHash } from "node:crypto";
import type { RunOptions } from "./run_options.ts";

/** What JSON can write. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Rows of the create request whose order means nothing. */
const SETS = new Set([
  "Binds",
  "BlkioDeviceReadBps",
  "BlkioDeviceReadIOps",
  "BlkioDeviceWriteBps",
  "BlkioDeviceWriteIOps",
  "BlkioWeightDevice",
  "CapDrop",
  "Env",
  "GroupAdd",
  "Mounts",
  "Ulimits",
  "Aliases",
]);

/**
 * Returns a hash over all that makes a container what it is, besides its image:
 * containers with another hash are replaced. It is the same for options in
 * another order where the order means nothing, and for a variable that is given
 * twice with the last value only.
 *
 * @param more What dewy's own options add, such as ports, the command and the user.
 * @returns 64 hexadecimal digits.
 */
export function settingsHash(options: RunOptions, more: JsonValue): string {
  const settings = {
    baseName: options.baseName ?? null,
    platform: options.platform ?? null,
    furtherNetworks: options.furtherNetworks,
    body: options.body,
    more,
  };
  return createHash("sha256").update(canonical(settings)).digest("hex");
}

/** Writes a value as JSON with sorted keys. */
function canonical(value: unknown, key = ""): string {
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item));
    return `[${(SETS.has(key) ? items.sort() : items).join()}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, entry]) =>
      `${JSON.stringify(name)}:${canonical(entry, name)}`
    );
  return `{${entries.join()}}`;
}
