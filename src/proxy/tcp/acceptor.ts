import type { FilePressure } from "./file_pressure.ts";

/** What {@link acceptAll} works with. */
export interface AcceptOptions {
  readonly listener: Pick<Deno.TcpListener, "accept">;
  readonly pressure: FilePressure;
  /** Aborted before the listener is closed. */
  readonly signal: AbortSignal;
  readonly serve: (client: Deno.TcpConn) => void;
}

/** Accepts connections until the listener is closed. */
export async function acceptAll(options: AcceptOptions): Promise<void> {
  const { listener, pressure, signal, serve } = options;
  while (!signal.aborted) {
    if (pressure.relieved !== undefined) await pressure.relieved;
    try {
      serve(await listener.accept());
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) return;
      // The client went away while it waited for its turn.
      if (error instanceof Deno.errors.ConnectionAborted) continue;
      await pressure.pause(error, signal);
    }
  }
}
