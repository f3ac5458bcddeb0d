import yauzl, { type Entry } from "yauzl";
import { corrupt, refused, unsupported } from "./extract_errors.ts";
import { decodeUtf8 } from "./tar_header.ts";

/** One entry of the central directory, in the words of the tree. */
export interface ZipEntry {
  readonly path: string;
  readonly kind: "file" | "directory" | "symlink";
  readonly mode: number;
}

const UNIX = 3;
const MAC = 19;
const TYPE_BITS = 0o170000;
const KINDS: Readonly<Record<number, ZipEntry["kind"]>> = {
  0o100000: "file",
  0o040000: "directory",
  0o120000: "symlink",
};
const STORED = 0;
const DEFLATED = 8;
const UTF8_FLAG = 0x800;
const UNICODE_PATH = 0x7075;
/** They are refused later; made slashes they could not be told any more. */
const KEEP_BACKSLASHES = true;

/**
 * Reads what an entry is. Writers on systems without modes get 0644 and 0755.
 *
 * @throws {ArtifactError} `refused` for devices and encrypted entries, `unsupported` for a method other than stored and deflated.
 */
export function zipEntry(entry: Entry): ZipEntry {
  const path = zipPath(entry);
  if (entry.isEncrypted()) throw refused(path, "it is encrypted");
  if (![STORED, DEFLATED].includes(entry.compressionMethod)) {
    const method = entry.compressionMethod;
    throw unsupported(`compression method ${method} of zip is unknown`);
  }
  const attributes = unixAttributes(entry);
  const kind = zipKind(path, attributes);
  if (kind === "directory" && entry.uncompressedSize > 0) {
    throw corrupt("a folder has content");
  }
  const standard = kind === "directory" ? 0o755 : 0o644;
  return { path, kind, mode: attributes === 0 ? standard : attributes };
}

/**
 * Decodes the name. Unix writers store the bytes they got from the system,
 * often without the mark for UTF-8; elsewhere no mark means code page 437.
 */
function zipPath(entry: Entry): string {
  const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
  const hasUnicodeName = extraFields.some(({ id }) => id === UNICODE_PATH);
  const isUtf8 = (generalPurposeBitFlag & UTF8_FLAG) !== 0;
  if (!hasUnicodeName && (isUtf8 || isUnix(entry))) {
    return decodeUtf8(fileNameRaw);
  }
  return yauzl.getFileNameLowLevel(
    generalPurposeBitFlag,
    fileNameRaw,
    extraFields,
    KEEP_BACKSLASHES,
  );
}

function isUnix(entry: Entry): boolean {
  return [UNIX, MAC].includes(entry.versionMadeBy >> 8);
}

/** Returns type and mode as Unix writes them, 0 when the writer did not. */
function unixAttributes(entry: Entry): number {
  return isUnix(entry) ? entry.externalFileAttributes >>> 16 : 0;
}

function zipKind(path: string, attributes: number): ZipEntry["kind"] {
  const byName = path.endsWith("/") ? "directory" : "file";
  const type = attributes & TYPE_BITS;
  if (type === 0) return byName;
  const kind = KINDS[type];
  if (kind === undefined) {
    throw refused(path, "devices, FIFOs and sockets are not unpacked");
  }
  if (byName === "directory" && kind !== "directory") {
    throw refused(path, "it has the name of a folder and is none");
  }
  return kind;
}
