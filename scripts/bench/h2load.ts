import type { WrkOptions } from "./wrk.ts";

/** What one run of h2load measured. */
export interface Throughput {
  readonly requestsPerSecond: number;
  readonly requests: number;
}

/** The protocol that is spoken over TLS. */
export type Protocol = "HTTP/1.1" | "HTTP/2";

/**
 * Puts a server with TLS under load, one request at a time on each connection.
 * It asks for a count of requests, so that no request is cut off.
 *
 * @throws When a request fails: what it measured would be worth nothing.
 */
export async function runH2load(
  options: Omit<WrkOptions, "seconds"> & {
    readonly protocol: Protocol;
    readonly requests: number;
  },
): Promise<Throughput> {
  const { url, connections, prefix, protocol, requests } = options;
  const [program = "", ...args] = [
    ...[...prefix, "h2load", "-t1", "-m1"],
    ...(protocol === "HTTP/1.1" ? ["--h1"] : []),
    ...[`-c${connections}`, `-n${requests}`, url],
  ];
  const { success, stdout } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  const text = new TextDecoder().decode(stdout);
  const isWhole =
    text.includes(` ${requests} succeeded, 0 failed, 0 errored`) &&
    text.includes(`status codes: ${requests} 2xx`);
  const rate = /finished in [^,]+, ([\d.]+) req\/s/.exec(text)?.[1];
  if (!success || !isWhole || rate === undefined) {
    throw new Error(`Requests to ${url} failed: ${text}`);
  }
  return { requestsPerSecond: Number(rate), requests };
}
