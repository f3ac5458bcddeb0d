import { ByteInput } from "../../src/proxy/http/byte_input.ts";
import { encode } from "./tcp_bytes.ts";

/** Returns an input whose reads bring one part each, one byte for a character; then the end. */
export function inputOf(...parts: readonly (string | Error)[]): ByteInput {
  const left = parts.filter((part) => part !== "").map((part) =>
    part instanceof Error ? part : encode(part)
  );
  return new ByteInput({
    read: (buffer) => {
      const part = left[0];
      if (part === undefined) return Promise.resolve(null);
      if (part instanceof Error) return Promise.reject(part);
      const count = Math.min(part.length, buffer.length);
      buffer.set(part.subarray(0, count));
      if (count < part.length) left[0] = part.subarray(count);
      else left.shift();
      return Promise.resolve(count);
    },
  });
}
