import { corrupt, refused } from "./extract_errors.ts";
import { decodeUtf8 } from "./tar_header.ts";

/** What extended headers change about the entry after them. */
export interface TarOverrides {
  path?: string;
  target?: string;
  size?: number;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;

/**
 * Reads the records (`27 path=...\n`) of a PAX header. Times, owners and other
 * things a release does not keep are passed over.
 *
 * @throws {ArtifactError} `corrupt` when a record is malformed, `refused` for a sparse file.
 */
export function parsePax(body: Uint8Array): TarOverrides {
  const overrides: TarOverrides = {};
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(SPACE, at);
    const digits = String.fromCharCode(
      ...body.subarray(at, Math.min(space, at + 8)),
    );
    const end = at + Number(digits);
    if (!/^[0-9]+$/.test(digits) || end > body.length || end <= space + 1) {
      throw malformed();
    }
    if (body[end - 1] !== NEWLINE) throw malformed();
    applyRecord(overrides, body.subarray(space + 1, end - 1));
    at = end;
  }
  return overrides;
}

function applyRecord(overrides: TarOverrides, record: Uint8Array): void {
  const equals = record.indexOf(0x3d);
  if (equals <= 0) throw malformed();
  const key = String.fromCharCode(
    ...record.subarray(0, equals).subarray(0, 64),
  );
  const value = record.subarray(equals + 1);
  if (key.startsWith("GNU.sparse")) {
    throw refused(key, "sparse files are not supported");
  }
  // An empty value takes back what a global header said, and none may say these.
  if (value.length === 0) return;
  if (key === "path") overrides.path = decodeUtf8(value);
  if (key === "linkpath") overrides.target = decodeUtf8(value);
  if (key === "size") overrides.size = paxSize(value);
}

function paxSize(value: Uint8Array): number {
  const digits = decodeUtf8(value);
  const size = Number(digits);
  if (/^[0-9]+$/.test(digits) && Number.isSafeInteger(size)) return size;
  throw malformed();
}

function malformed(): Error {
  return corrupt("a PAX header is malformed");
}
