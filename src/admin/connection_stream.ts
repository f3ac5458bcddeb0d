import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";

/** How long a client is listened to after the last answer, milliseconds: closing on unread bytes would take the answer away from it. */
const LINGER_MS = 500;
const BUFFER_BYTES = 16 * 1024;

/** A connection in the form that `node:http` reads. It owns `connection`. */
export function connectionStream(connection: Deno.Conn): Duplex {
  const buffer = new Uint8Array(BUFFER_BYTES);
  let reading: Promise<unknown> = Promise.resolve();
  return new Duplex({
    allowHalfOpen: true,
    read(): void {
      const read = connection.read(buffer);
      reading = read.then(
        (count) =>
          this.push(
            count === null ? null : Buffer.from(buffer.subarray(0, count)),
          ),
        (error: Error) => this.destroy(error),
      );
    },
    write(chunk: Uint8Array, _encoding, done): void {
      writeAll(connection, chunk).then(() => done(), done);
    },
    final(done): void {
      linger(connection, () => reading).then(() => done(), done);
    },
    destroy(error, done): void {
      connection.close();
      done(error);
    },
  });
}

async function writeAll(
  connection: Deno.Conn,
  bytes: Uint8Array,
): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    rest = rest.subarray(await connection.write(rest));
  }
}

/** Ends our side and reads on until the client has ended its own, for a while. */
async function linger(
  connection: Deno.Conn,
  reading: () => Promise<unknown>,
): Promise<void> {
  await connection.closeWrite();
  const timer = setTimeout(() => connection.close(), LINGER_MS);
  try {
    await reading();
    const buffer = new Uint8Array(BUFFER_BYTES);
    while (await connection.read(buffer) !== null);
  } catch {
    // It was closed by one side or the other: that is what was waited for.
  } finally {
    clearTimeout(timer);
  }
}
