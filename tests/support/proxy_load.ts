import { delay } from "./delay.ts";

/** What one kind of client saw while backends changed. */
export interface LoadResult {
  readonly kind: string;
  done: number;
  readonly failures: string[];
}

/** Where the two planes listen. */
export interface ProxyAddress {
  readonly http: number;
  readonly tcp: number;
}

type Round = () => Promise<void>;

const PAUSE_MS = 5;
const UPLOAD_PIECES = 6;
const PIECE_BYTES = 10_000;

/** Runs every kind of client until `signal` is aborted; each counts what went wrong. */
export async function loadProxy(
  address: ProxyAddress,
  signal: AbortSignal,
): Promise<LoadResult[]> {
  const fresh = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const kept = Deno.createHttpClient({});
  const web = `http://127.0.0.1:${address.http}`;
  try {
    return await Promise.all([
      repeat("fresh requests", () => get(web, fresh), signal),
      repeat("fresh requests, too", () => get(web, fresh), signal),
      repeat("kept connections", () => get(web, kept), signal),
      repeat("kept connections, too", () => get(web, kept), signal),
      repeat("uploads", () => upload(web, kept), signal),
      repeat("fresh TCP connections", () => talk(address.tcp, 1), signal),
      repeat("long TCP connections", () => talk(address.tcp, 40), signal),
      repeat("server-sent events", () => listen(web, 20), signal),
      repeat("WebSockets", () => chat(web, 40), signal),
    ]);
  } finally {
    fresh.close();
    kept.close();
  }
}

async function repeat(
  kind: string,
  round: Round,
  signal: AbortSignal,
): Promise<LoadResult> {
  const result: LoadResult = { kind, done: 0, failures: [] };
  while (!signal.aborted) {
    try {
      await round();
      result.done++;
    } catch (error) {
      result.failures.push(String(error));
    }
    await delay(PAUSE_MS);
  }
  return result;
}

async function get(web: string, client: Deno.HttpClient): Promise<void> {
  const response = await fetch(web, { client });
  expectName(await response.text(), response.status);
}

/** Sends a body in pieces, so that tables change in the middle of it. */
async function upload(web: string, client: Deno.HttpClient): Promise<void> {
  let left = UPLOAD_PIECES;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (left-- === 0) return controller.close();
      await delay(50);
      controller.enqueue(new Uint8Array(PIECE_BYTES));
    },
  });
  const response = await fetch(`${web}/upload`, {
    method: "POST",
    body,
    client,
  });
  const [name = "", bytes] = (await response.text()).split(" ");
  expectName(name, response.status);
  if (Number(bytes) !== UPLOAD_PIECES * PIECE_BYTES) {
    throw new Error(`${bytes} bytes arrived`);
  }
}

/** Talks to one backend for a while; it must stay the same. */
async function talk(port: number, rounds: number): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const buffer = new Uint8Array(100);
  const names = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    await connection.write(new Uint8Array([1]));
    const count = await connection.read(buffer);
    names.add(new TextDecoder().decode(buffer.subarray(0, count ?? 0)).trim());
    if (rounds > 1) await delay(50);
  }
  await connection.closeWrite();
  if (await connection.read(buffer) !== null) throw new Error("it goes on");
  expectOne(names);
}

async function listen(web: string, events: number): Promise<void> {
  const response = await fetch(`${web}/events`);
  const names = new Set<string>();
  let heard = 0;
  const lines = (response.body ?? new Blob([]).stream())
    .pipeThrough(new TextDecoderStream());
  for await (const text of lines) {
    for (const [, name = ""] of text.matchAll(/data: (\w+)/g)) {
      names.add(name);
      heard++;
    }
    if (heard >= events) break;
  }
  if (heard < events) throw new Error(`only ${heard} events`);
  expectOne(names);
}

async function chat(web: string, rounds: number): Promise<void> {
  const socket = new WebSocket(`${web.replace("http", "ws")}/socket`);
  const names = new Set<string>();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = rounds;
  socket.onopen = () => socket.send("hello");
  socket.onmessage = async ({ data }: MessageEvent<string>) => {
    names.add(data.split(" ")[0] ?? "");
    if (--left === 0) return socket.close(1000);
    await delay(50);
    socket.send("hello");
  };
  socket.onclose = ({ code }) =>
    left === 0 && code === 1000
      ? resolve()
      : reject(new Error(`closed with ${code}, ${left} rounds left`));
  await promise;
  expectOne(names);
}

function expectName(text: string, status: number): void {
  if (status !== 200 || !/^\w+$/.test(text)) {
    throw new Error(`${status}: ${text}`);
  }
}

function expectOne(names: ReadonlySet<string>): void {
  if (names.size !== 1) throw new Error(`from one to another: ${[...names]}`);
}
