import { isOutOfFiles } from "../tcp/file_pressure.ts";

/** Where what is behind the gate listens, and the gate connects from. */
export const LOOPBACK = "127.0.0.1";
/** What a connection meets whose server is gone, or goes while it is made. */
const SERVER_GONE = [
  Deno.errors.ConnectionRefused,
  Deno.errors.ConnectionReset,
  Deno.errors.NotConnected,
];

/** Connects to the HTTP server behind the gate. */
export async function dialServer(port: number): Promise<Deno.TcpConn> {
  const server = await Deno.connect({ hostname: LOOPBACK, port });
  tune(server);
  return server;
}

/** Whether an error of {@link dialServer} may pass: there was no descriptor left, or the server ended for that. */
export function mayPass(error: unknown): boolean {
  return isOutOfFiles(error) ||
    SERVER_GONE.some((kind) => error instanceof kind);
}

/** Whether the HTTP server is there; without a descriptor that cannot be told, and is not taken for granted. */
export async function isListening(port: number): Promise<boolean> {
  try {
    using _server = await dialServer(port);
    return true;
  } catch (error) {
    return !mayPass(error);
  }
}

/** Lets a connection pass on small writes at once, and notice a host that is gone. */
export function tune(conn: Deno.TcpConn): void {
  try {
    conn.setNoDelay();
    conn.setKeepAlive();
  } catch {
    // The other end has left, which whoever reads from it notices.
  }
}
