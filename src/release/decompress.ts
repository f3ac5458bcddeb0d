import { createGunzip } from "node:zlib";
import type { Compression } from "./archive_format.ts";
import { type ByteSource, CHUNK_BYTES } from "./byte_source.ts";
import { bunzip2 } from "./decompress_bzip2.ts";
import { through } from "./decompress_stream.ts";
import { unzstd } from "./decompress_zstd.ts";

const DECOMPRESSORS: Readonly<
  Record<Compression, (source: ByteSource) => ByteSource>
> = {
  none: (source) => source,
  gzip: (source) => through(createGunzip({ chunkSize: CHUNK_BYTES }), source),
  bzip2: bunzip2,
  xz: lazyXz,
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

/** The decoder is WebAssembly, which only its users pay for. */
async function* lazyXz(source: ByteSource): ByteSource {
  const { unxz } = await import("./decompress_xz.ts");
  yield* unxz(source);
}
