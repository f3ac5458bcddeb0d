import { corrupt, refused } from "./extract_errors.ts";

/** Tar counts in blocks of this many bytes. */
export const BLOCK_BYTES = 512;

/** One header block, its numbers read and its names not yet replaced by longer ones. */
export interface TarHeader {
  readonly path: string;
  readonly mode: number;
  /** Bytes of content that follow. */
  readonly size: number;
  /** The type flag: `0` file, `5` folder, and so on. */
  readonly type: string;
  /** Where a link leads. */
  readonly target: string;
}

const FIELDS = {
  name: [0, 100],
  mode: [100, 108],
  size: [124, 136],
  checksum: [148, 156],
  type: [156, 157],
  target: [157, 257],
  magic: [257, 265],
  prefix: [345, 500],
} as const;

type Field = keyof typeof FIELDS;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads one header block; `undefined` for a block of zeros, which ends an archive.
 *
 * @throws {ArtifactError} `corrupt` when the checksum or a number is wrong.
 */
export function parseTarHeader(block: Uint8Array): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  checkSum(block);
  const magic = latin(field(block, "magic"));
  const name = text(field(block, "name"));
  // Only POSIX archives have a prefix; the old GNU format keeps other things there.
  const prefix = magic.startsWith("ustar\0")
    ? text(field(block, "prefix"))
    : "";
  return {
    path: prefix === "" ? name : `${prefix}/${name}`,
    mode: number(block, "mode"),
    size: number(block, "size"),
    type: latin(field(block, "type")),
    target: text(field(block, "target")),
  };
}

/**
 * Decodes a name up to its first NUL.
 *
 * @throws {ArtifactError} `refused` when it is not UTF-8.
 */
export function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeUtf8(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Decodes bytes that must be UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    // The reason is always the same, and the name cannot be shown without it.
    throw refused(latin(bytes), "the name is not UTF-8");
  }
}

function field(block: Uint8Array, name: Field): Uint8Array {
  return block.subarray(...FIELDS[name]);
}

function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Some old writers summed signed bytes: both sums count, as for other readers. */
function checkSum(block: Uint8Array): void {
  const [from, to] = FIELDS.checksum;
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) {
    const byte = at >= from && at < to ? 0x20 : block[at] ?? 0;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const stored = number(block, "checksum");
  if (stored === unsigned || stored === signed) return;
  throw corrupt("the checksum of a tar header is wrong");
}

function number(block: Uint8Array, name: Field): number {
  const bytes = field(block, name);
  const first = bytes[0] ?? 0;
  if (first & 0x80) return base256(bytes, name);
  const digits = latin(bytes).replace(/\0.*$/s, "").trim();
  if (digits === "") return 0;
  if (!/^[0-7]+$/.test(digits)) {
    throw corrupt(`the ${name} in a tar header is no octal number`);
  }
  return parseInt(digits, 8);
}

/** Reads the GNU form of numbers that do not fit: a set high bit, then big-endian binary. */
function base256(bytes: Uint8Array, name: Field): number {
  let value = (bytes[0] ?? 0) & 0x7f;
  for (const byte of bytes.subarray(1)) {
    value = value * 256 + byte;
    if (value > Number.MAX_SAFE_INTEGER) {
      throw corrupt(`the ${name} in a tar header is out of range`);
    }
  }
  return value;
}
