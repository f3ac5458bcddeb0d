import { SourceError } from "../base/errors.ts";

/** GitHub redirects once when a repository was renamed. */
const MAX_HOPS = 3;

/**
 * `fetch` for requests that carry a token. It follows what GitHub answers for a
 * renamed repository, and nothing else: a redirect to another origin, and one
 * of a download, comes back as the answer, so that nobody else gets the token.
 */
export async function githubFetch(
  url: string,
  init: RequestInit = {},
): Promise<Response> {
  let address = new URL(url);
  for (let hops = 0;; hops++) {
    const response = await ask(address, init);
    const next = init.method === "GET" && hops < MAX_HOPS
      ? movedTo(response, address)
      : undefined;
    if (next === undefined) return response;
    await response.body?.cancel();
    address = next;
  }
}

async function ask(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: "manual" });
  } catch (error) {
    throw error instanceof Deno.errors.NotCapable ? notAllowed(url) : error;
  }
}

/** Which hosts dewy may reach follows from the API's address; others must be named by the operator. */
export function notAllowed({ host, port, protocol }: URL): SourceError {
  const standard = protocol === "https:" ? 443 : 80;
  const address = port === "" ? `${host}:${standard}` : host;
  return new SourceError("denied", `Dewy is not allowed to reach "${host}"`, {
    hint: `GitHub leads there; add --fetch-host ${address}`,
  });
}

function movedTo(response: Response, from: URL): URL | undefined {
  if (![301, 307, 308].includes(response.status)) return undefined;
  const next = URL.parse(response.headers.get("location") ?? "", from);
  return next?.origin === from.origin ? next : undefined;
}
