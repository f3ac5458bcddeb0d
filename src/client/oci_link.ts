/** One link of a `Link` header (RFC 8288): the address, then its parameters. */
const LINK = /<([^<>]*)>((?:\s*;\s*[^\s=;,]+\s*=\s*(?:"[^"]*"|[^\s;,]*))*)/g;
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]*))/i;

/**
 * Returns the address of the next page, or `undefined` on the last one. It is
 * on the host of `from` and asked in the same way, whatever scheme and port the
 * registry believes to have behind a proxy.
 *
 * @throws {RangeError} When the next page is on another host: it would get the token.
 */
export function nextPage(header: string | null, from: URL): URL | undefined {
  for (
    const [, target = "", parameters = ""] of (header ?? "").matchAll(LINK)
  ) {
    const [, quoted, plain = ""] = REL.exec(parameters) ?? [];
    const relations = (quoted ?? plain).toLowerCase().split(/\s+/);
    if (!relations.includes("next")) continue;
    const url = URL.parse(target, from);
    if (url?.hostname !== from.hostname) {
      throw new RangeError(`the next page is on ${url?.host || "no host"}`);
    }
    return new URL(url.pathname + url.search, from.origin);
  }
  return undefined;
}
