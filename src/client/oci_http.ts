import { errorMessage, SourceError } from "../base/errors.ts";
import { readText } from "../base/read_text.ts";
import { VERSION_INFO } from "../base/version_info.ts";

/** One request of the registry client. */
export interface OciRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: URLSearchParams;
  readonly signal: AbortSignal;
  /** Knows further authorities. */
  readonly client?: Deno.HttpClient | undefined;
}

const USER_AGENT = `dewy/${VERSION_INFO.version}`;

/**
 * Sends one request and returns whatever is answered, a redirect too.
 *
 * @throws {SourceError} When there is no answer. Only the host is named: the rest of an address may be signed.
 */
export async function sendOci(
  url: URL,
  { headers, body, method, signal, client }: OciRequest,
): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      signal,
      headers: { ...headers, "user-agent": USER_AGENT },
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
      ...(client === undefined ? {} : { client }),
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Deno.errors.NotCapable) throw notAllowed(url);
    throw new SourceError("unavailable", `"${url.host}" cannot be reached`, {
      hint: hintFor(url),
      cause: new Error(withoutAddress(errorMessage(error))),
    });
  }
}

/**
 * Reads an answer as JSON.
 *
 * @throws {SourceError} When it breaks off, is longer than `maxBytes`, or is no JSON.
 */
export async function readJson(
  response: Response,
  options: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<unknown> {
  const { signal, maxBytes } = options;
  const { host } = new URL(response.url);
  const what = `The answer of "${host}"`;
  let text: string;
  try {
    text = response.body === null
      ? ""
      : await readText(response.body, { what, maxBytes });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SourceError) throw error;
    throw new SourceError("unavailable", `${what} broke off`, {
      hint: "Check the network; dewy tries again by itself",
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SourceError("invalid", `${what} is no JSON`, {
      hint: "Check whether a proxy or a login page answers in its place",
    });
  }
}

/** Which hosts dewy may reach follows from the registry's; others must be named by the operator. */
function notAllowed({ host, port, protocol }: URL): SourceError {
  const standard = protocol === "https:" ? 443 : 80;
  const address = port === "" ? `${host}:${standard}` : host;
  return new SourceError("denied", `Dewy is not allowed to reach "${host}"`, {
    hint: `The registry leads there; add --fetch-host ${address}`,
  });
}

function hintFor({ protocol }: URL): string {
  return protocol === "https:"
    ? "Check the network and the name; a registry without TLS needs ?insecure=true"
    : "Check the network, the name and the port";
}

function withoutAddress(message: string): string {
  return message.replace(/https?:\/\/[^\s)"']+/g, "…");
}
