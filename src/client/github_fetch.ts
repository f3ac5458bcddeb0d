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
    const response = await fetch(address, { ...init, redirect: "manual" });
    const next = init.method === "GET" && hops < MAX_HOPS
      ? movedTo(response, address)
      : undefined;
    if (next === undefined) return response;
    await response.body?.cancel();
    address = next;
  }
}

function movedTo(response: Response, from: URL): URL | undefined {
  if (![301, 307, 308].includes(response.status)) return undefined;
  const next = URL.parse(response.headers.get("location") ?? "", from);
  return next?.origin === from.origin ? next : undefined;
}
