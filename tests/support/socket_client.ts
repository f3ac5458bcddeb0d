/** An answer in JSON. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Asks over the Unix socket `path`; with a body it is a POST. */
export async function askSocket(
  path: string,
  route: string,
  body?: unknown,
): Promise<JsonAnswer> {
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  const response = await fetch(`http://localhost${route}`, {
    client,
    ...(body === undefined ? {} : {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  });
  return { status: response.status, body: await response.json() };
}
