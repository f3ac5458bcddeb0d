const BLOCK = 512;
const encoder = new TextEncoder();

/** What one tar entry shall say, truthful or not. */
export interface TarSpec {
  readonly name: string | Uint8Array;
  /** Type flag; `0`, a file, when left out. */
  readonly type?: string;
  readonly mode?: number;
  readonly body?: string | Uint8Array;
  /** What the header announces; the length of `body` when left out. */
  readonly size?: number | Uint8Array;
  readonly target?: string;
  readonly prefix?: string;
  /** `ustar\0` + `00` when left out; `""` for the form before POSIX. */
  readonly magic?: string;
  /** Added to the right checksum. */
  readonly checksumError?: number;
}

/** Returns header and content of one entry. */
export function tarEntry(spec: TarSpec): Uint8Array<ArrayBuffer> {
  const body = bytes(spec.body ?? "");
  const padded = Math.ceil(body.length / BLOCK) * BLOCK;
  const entry = new Uint8Array(BLOCK + padded);
  entry.set(bytes(spec.name).subarray(0, 100), 0);
  entry.set(bytes(octal(spec.mode ?? 0o644, 8)), 100);
  const size = spec.size ?? body.length;
  entry.set(typeof size === "number" ? bytes(octal(size, 12)) : size, 124);
  entry.set(bytes(spec.type ?? "0"), 156);
  entry.set(bytes(spec.target ?? "").subarray(0, 100), 157);
  entry.set(bytes(spec.magic ?? "ustar\x0000"), 257);
  entry.set(bytes(spec.prefix ?? ""), 345);
  const sum = checksum(entry) + (spec.checksumError ?? 0);
  entry.set(bytes(octal(sum, 8)), 148);
  entry.set(body, BLOCK);
  return entry;
}

/** Returns a whole archive of `parts`, with its end mark. */
export function tar(
  ...parts: readonly (TarSpec | Uint8Array)[]
): Uint8Array<ArrayBuffer> {
  const entries = parts.map((part) =>
    part instanceof Uint8Array ? part : tarEntry(part)
  );
  return concat(...entries, new Uint8Array(2 * BLOCK));
}

/** Returns a PAX header with these records, to stand before its entry. */
export function pax(
  records: Readonly<Record<string, string>>,
  type: string = "x",
): Uint8Array<ArrayBuffer> {
  const body = Object.entries(records).map(paxRecord).join("");
  return tarEntry({ name: "PaxHeaders/x", type, body });
}

/** Returns the old GNU form of a long name (`L`) or long link target (`K`). */
export function gnuLong(
  type: "L" | "K",
  value: string,
): Uint8Array<ArrayBuffer> {
  const body = `${value}\0`;
  return tarEntry({ name: "././@LongLink", type, body, magic: "ustar  \0" });
}

/** Returns `value` as GNU tar writes sizes of 8 GiB and more. */
export function base256(value: bigint): Uint8Array {
  const field = new Uint8Array(12);
  new DataView(field.buffer).setBigUint64(4, value);
  field[0] = 0x80;
  return field;
}

/** Joins byte arrays. */
export function concat(
  ...parts: readonly Uint8Array[]
): Uint8Array<ArrayBuffer> {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const joined = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Returns text as UTF-8, bytes as they are. */
export function bytes(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? encoder.encode(value) : value;
}

function paxRecord([key, value]: [string, string]): string {
  const rest = ` ${key}=${value}\n`;
  const length = bytes(rest).length;
  const guess = length + String(length).length;
  const total = length + String(guess).length;
  return `${total}${rest}`;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\0`;
}

function checksum(entry: Uint8Array): number {
  entry.fill(0x20, 148, 156);
  return entry.subarray(0, BLOCK).reduce((sum, byte) => sum + byte, 0);
}
