/** What becomes of a connection whose other end has gone. */
const GONE = [
  Deno.errors.BadResource,
  Deno.errors.BrokenPipe,
  Deno.errors.ConnectionReset,
  Deno.errors.Interrupted,
  Deno.errors.NotConnected,
];

/** Waits for `task`, which may end because a connection has. */
export async function ignoreGone(task: Promise<void>): Promise<void> {
  try {
    await task;
  } catch (error) {
    if (!GONE.some((kind) => error instanceof kind)) throw error;
  }
}

/** Reads the first line and nothing behind it; `undefined` when there is none. */
export async function readLine(conn: Deno.Conn): Promise<string | undefined> {
  const byte = new Uint8Array(1);
  let line = "";
  while (!line.endsWith("\n")) {
    if (await conn.read(byte) === null) return undefined;
    line += String.fromCharCode(...byte);
  }
  return line;
}

/** Reads what comes until the other end closes. */
export async function readAll(
  conn: Deno.Conn,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of chunks(conn)) parts.push(part);
  return await new Blob(parts).bytes();
}

/** Passes over what comes until the other end closes. */
export async function drain(conn: Deno.Conn): Promise<void> {
  for await (const _ of chunks(conn));
}

/** Passes on what comes until the sending end closes. */
export async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  for await (const part of chunks(from)) await writeAll(to, part);
}

/** Gives what comes until the other end closes. */
export async function* chunks(
  conn: Deno.Conn,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) return;
    yield buffer.slice(0, count);
  }
}

/** Writes all of `bytes`. */
export async function writeAll(
  conn: Deno.Conn,
  bytes: Uint8Array,
): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(await conn.write(rest));
}

/** Returns one byte for each character. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
