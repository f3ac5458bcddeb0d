/** One file of an archive. */
export interface TarFile {
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const BLOCK = 512;
const encoder = new TextEncoder();

/**
 * Yields a tar archive (POSIX.1-1988 "ustar") that depends on nothing but the
 * arguments: files in their order, owned by root, all of one time.
 *
 * @param epoch Seconds since 1970.
 * @throws {RangeError} When a name is longer than 100 bytes.
 */
export function* writeTar(
  files: readonly TarFile[],
  epoch: number,
): Generator<Uint8Array<ArrayBuffer>> {
  for (const file of files) {
    yield header(file, epoch);
    yield file.bytes;
    yield new Uint8Array((BLOCK - file.bytes.length % BLOCK) % BLOCK);
  }
  yield new Uint8Array(2 * BLOCK);
}

function header(
  { name, mode, bytes }: TarFile,
  epoch: number,
): Uint8Array<ArrayBuffer> {
  if (encoder.encode(name).length > 100) {
    throw new RangeError(`Cannot archive "${name}": its name is too long`);
  }
  const block = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => block.set(encoder.encode(text), at);
  const octal = (value: number, digits: number) =>
    value.toString(8).padStart(digits, "0");
  put(0, name);
  put(100, octal(mode, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(bytes.length, 11));
  put(136, octal(epoch, 11));
  // The sum counts its own field as blanks.
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\0" + "00");
  put(265, "root");
  put(297, "root");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  return block;
}
