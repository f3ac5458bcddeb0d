/** Returns a TCP port of `hostname` that nobody listens on. */
export function freePort(hostname = "127.0.0.1"): number {
  using listener = Deno.listen({ hostname, port: 0 });
  return listener.addr.port;
}

/** Returns the first of `count` free ports in a row. */
export function freePortRange(count: number): number {
  for (let attempt = 0; attempt < 100; attempt++) {
    const first = freePort();
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
