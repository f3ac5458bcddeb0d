/** What one run of wrk measured. */
export interface Measurement {
  readonly requestsPerSecond: number;
  readonly requests: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** What wrk asks for. */
export interface WrkOptions {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** What it is started with, such as `taskset`. */
  readonly prefix: readonly string[];
}

const MILLISECONDS: Readonly<Record<string, number>> = {
  us: 1 / 1000,
  ms: 1,
  s: 1000,
  m: 60_000,
};

/**
 * Puts a server under load.
 *
 * @throws When a request fails: what it measured would be worth nothing.
 */
export async function runWrk(options: WrkOptions): Promise<Measurement> {
  const { url, connections, seconds, prefix } = options;
  const [program = "", ...args] = [
    ...prefix,
    ...["wrk", "--latency", "--timeout", "20s", "-t1"],
    ...[`-c${connections}`, `-d${seconds}s`, url],
  ];
  const { success, stdout } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  const text = new TextDecoder().decode(stdout);
  const failure = /Socket errors.*|Non-2xx.*/.exec(text)?.[0];
  if (!success || failure !== undefined) {
    throw new Error(`Requests to ${url} failed: ${failure ?? text}`);
  }
  return parseWrk(text);
}

function parseWrk(text: string): Measurement {
  return {
    requestsPerSecond: numberIn(text, /Requests\/sec:\s+([\d.]+)/),
    requests: numberIn(text, /(\d+) requests in /),
    p50: duration(text, "50%"),
    p99: duration(text, "99%"),
  };
}

function numberIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) {
    throw new Error(`Cannot read what wrk says: ${text}`);
  }
  return Number(found);
}

function duration(text: string, percentile: string): number {
  const value = numberIn(
    text,
    new RegExp(`^\\s+${percentile}\\s+([\\d.]+)`, "m"),
  );
  const unit = new RegExp(`^\\s+${percentile}\\s+[\\d.]+(\\w+)`, "m")
    .exec(text)?.[1] ?? "";
  return value * (MILLISECONDS[unit] ?? NaN);
}
