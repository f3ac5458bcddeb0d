import { createGunzip } from "node:zlib";
import type { Compression } from "./archive_format.ts";
import { type ByteSource, CHUNK_BYTES } from "./byte_source.ts";
import { bunzip2 } from "./decompress_bzip2.ts";
import { through } from "./decompress_stream.ts";
import { unxz } from "./decompress_xz.ts";
import { unzstd } from "./decompress_zstd.ts";

const DECOMPRESSORS: Readonly<
  Record<Compression, (source: ByteSource) => ByteSource>
> = {
  none: (source) => source,
  gzip: (source) => through(createGunzip({ chunkSize: CHUNK_BYTES }), source),
  bzip2: bunzip2,
  xz: unxz,
  zstd: unzstd,
};

/**
 * Expands `source` as its chunks are asked for. Several compressed streams one
 * after the other, as the parallel compressors write them, are one.
 *
 * @throws {ArtifactError} `corrupt` when the data is damaged or cut off, `unsupported` for a variant of the format that has no reader.
 */
export function decompress(
  compression: Compression,
  source: ByteSource,
): ByteSource {
  return DECOMPRESSORS[compression](source);
}
