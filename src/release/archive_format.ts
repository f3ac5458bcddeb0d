import { ArtifactError } from "../base/errors.ts";

/** How the tar stream inside an archive is compressed. */
export type Compression = "none" | "gzip" | "bzip2" | "xz" | "zstd";

/** What an artifact is, and so who unpacks it. */
export type ArchiveFormat =
  | { readonly kind: "tar"; readonly compression: Compression }
  | { readonly kind: "zip" }
  /** One program as it is, to be run: ELF, Mach-O or a `#!` script. */
  | { readonly kind: "executable" };

/** How many leading bytes {@link archiveFormat} looks at. */
export const HEAD_BYTES = 8;

const TAR_SUFFIXES: Readonly<Record<string, Compression>> = {
  ".tar": "none",
  ".tar.gz": "gzip",
  ".tgz": "gzip",
  ".tar.bz2": "bzip2",
  ".tbz2": "bzip2",
  ".tar.xz": "xz",
  ".txz": "xz",
  ".tar.zst": "zstd",
  ".tzst": "zstd",
};

const ELF = 0x7f454c46;
const MACH_O = new Set([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe]);
const MACH_O_FAT = new Set([0xcafebabe, 0xcafebabf]);
/** A Java class begins like a fat Mach-O, then says its version, 45 or more; no program has as many parts. */
const MAX_FAT_PARTS = 44;

/**
 * Tells from the published `name`, letter case ignored, and for a bare program
 * from its first bytes, how an artifact is unpacked.
 *
 * @throws {ArtifactError} `unsupported` when it is neither archive nor program.
 */
export function archiveFormat(name: string, head: Uint8Array): ArchiveFormat {
  const lower = name.toLowerCase();
  if (lower.endsWith(".zip")) return { kind: "zip" };
  for (const [suffix, compression] of Object.entries(TAR_SUFFIXES)) {
    if (lower.endsWith(suffix)) return { kind: "tar", compression };
  }
  if (isExecutable(head)) return { kind: "executable" };
  throw new ArtifactError(
    "unsupported",
    `Cannot unpack "${name}": it is neither a known archive nor a program`,
    {
      hint: `Publish one of ${
        Object.keys(TAR_SUFFIXES).join(" ")
      } .zip, or a bare executable (ELF, Mach-O, "#!")`,
    },
  );
}

function isExecutable(head: Uint8Array): boolean {
  if (head[0] === 0x23 && head[1] === 0x21) return true;
  if (head.length < HEAD_BYTES) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const magic = view.getUint32(0);
  if (magic === ELF || MACH_O.has(magic)) return true;
  return MACH_O_FAT.has(magic) && view.getUint32(4) <= MAX_FAT_PARTS;
}
