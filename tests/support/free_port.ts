/** Returns a TCP port of `hostname` that nobody listens on. */
export function freePort(hostname = "127.0.0.1"): number {
  using listener = Deno.listen({ hostname, port: 0 });
  return listener.addr.port;
}

/** Below the ports that systems give to clients, of which few rows are free while others test under load. */
const LOWEST = 20_000;
const HIGHEST = 30_000;

/** Returns the first of `count` free ports in a row. */
export function freePortRange(count: number): number {
  for (let attempt = 0; attempt < 100; attempt++) {
    const span = HIGHEST - LOWEST - count;
    const first = LOWEST + Math.floor(Math.random() * span);
    if (allFree(first, count)) return first;
  }
  throw new Error(`No ${count} free ports in a row`);
}

function allFree(first: number, count: number): boolean {
  using stack = new DisposableStack();
  try {
    for (let port = first; port < first + count; port++) {
      stack.use(Deno.listen({ hostname: "127.0.0.1", port }));
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
