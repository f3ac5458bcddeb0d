import xz from "xz-decompress";
import type { ByteSource } from "./byte_source.ts";
import { DewyError, errorMessage } from "../base/errors.ts";
import { corrupt, unsupported } from "./extract_errors.ts";

/** Result codes of the decoder (`enum xz_ret`) for files that are whole and yet beyond it. */
const BEYOND: Readonly<Record<string, string>> = {
  "3": "there is not enough memory for its dictionary",
  "4": "its dictionary is larger than 64 MiB",
  "6": "it uses a filter or check other than LZMA2 with CRC32 or CRC64",
};

/** Expands an xz file, its streams one after the other. */
export async function* unxz(source: ByteSource): ByteSource {
  const stream = new xz.XzReadableStream(ReadableStream.from(nonEmpty(source)));
  try {
    for await (const chunk of stream) if (chunk.length > 0) yield chunk;
  } catch (cause) {
    throw xzFailure(cause);
  }
}

/** The decoder cannot take a stream without any chunk. */
async function* nonEmpty(source: ByteSource): ByteSource {
  let empty = true;
  for await (const chunk of source) {
    empty = false;
    yield chunk;
  }
  if (empty) throw corrupt("it is empty");
}

function xzFailure(cause: unknown): Error {
  if (cause instanceof DewyError) return cause;
  const [code = ""] = /\d+$/.exec(errorMessage(cause)) ?? [];
  const beyond = BEYOND[code];
  if (beyond !== undefined) return unsupported(beyond, cause);
  return corrupt("its xz data is damaged or cut off", cause);
}
