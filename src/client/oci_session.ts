import { SourceError } from "../base/errors.ts";
import { type OciChallenge, readChallenge } from "./oci_challenge.ts";
import type { OciCredentials } from "./oci_credentials.ts";
import { sendOci } from "./oci_http.ts";
import { basicAuthorization, OciTokens } from "./oci_tokens.ts";

/** What an {@link OciSession} works with. */
export interface OciSessionOptions {
  /** `https://ghcr.io`. */
  readonly origin: string;
  /** Whether the operator gave up on TLS. */
  readonly insecure: boolean;
  /** `repository:acme/web:pull`. */
  readonly scope: string;
  readonly credentials: OciCredentials | undefined;
  readonly deniedHint: string;
  readonly now: () => number;
  /** Knows further authorities. */
  readonly client?: Deno.HttpClient | undefined;
}

/** One question to the registry. */
export interface OciCall {
  readonly method: "GET" | "HEAD";
  readonly url: URL;
  readonly accept: string;
  /** Calls of one kind are challenged alike: a registry may want another scope for each. */
  readonly kind: "tags" | "manifest";
}

const MAX_HOPS = 5;

/**
 * Asks one registry, as whoever its challenges make it ask for. Redirects are
 * followed by hand: what proves who asks goes to the registry's own origin only.
 */
export class OciSession {
  readonly #options: OciSessionOptions;
  readonly #tokens: OciTokens;
  /** What the registry wanted last, so that it need not refuse each request first. */
  readonly #challenges = new Map<OciCall["kind"], OciChallenge>();

  constructor(options: OciSessionOptions) {
    this.#options = options;
    this.#tokens = new OciTokens(options);
  }

  /** Returns the answer, whatever its status; 401 only after all that can be done. */
  async send(call: OciCall, signal: AbortSignal): Promise<Response> {
    const before = this.#challenges.get(call.kind);
    const first = await this.#authorization(before, signal);
    const response = await this.#follow(call, first, signal);
    // Only the registry itself says where its credentials go.
    const isOwn = new URL(response.url).origin === this.#options.origin;
    if (response.status !== 401 || !isOwn) return response;
    const challenge = readChallenge(response.headers.get("www-authenticate"));
    if (challenge === undefined) return response;
    this.#challenges.set(call.kind, challenge);
    if (before?.scheme === "bearer") this.#tokens.forget(before);
    const second = await this.#authorization(challenge, signal);
    // The same again would be refused again, and may lock the account.
    if (second === undefined || second === first) return response;
    await response.body?.cancel();
    return await this.#follow(call, second, signal);
  }

  async #authorization(
    challenge: OciChallenge | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { credentials } = this.#options;
    switch (challenge?.scheme) {
      case undefined:
        return undefined;
      case "bearer":
        return `Bearer ${await this.#tokens.get(challenge, signal)}`;
      case "basic":
        return credentials?.kind === "password"
          ? basicAuthorization(credentials)
          : undefined;
      default:
        return challenge satisfies never;
    }
  }

  async #follow(
    { method, url, accept }: OciCall,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<Response> {
    let address = url;
    for (let hops = 0; hops <= MAX_HOPS; hops++) {
      const isOwn = address.origin === this.#options.origin;
      const headers = isOwn && authorization !== undefined
        ? { accept, authorization }
        : { accept };
      const response = await sendOci(address, {
        method,
        headers,
        signal,
        client: this.#options.client,
      });
      const location = response.headers.get("location");
      const isRedirect = [301, 302, 303, 307, 308].includes(response.status);
      if (!isRedirect || location === null) return response;
      await response.body?.cancel();
      address = redirectedTo(location, address);
    }
    throw new SourceError(
      "invalid",
      `"${address.host}" redirects without end`,
      { hint: "Check that the address is that of a container registry" },
    );
  }
}

function redirectedTo(location: string, from: URL): URL {
  const url = URL.parse(location, from);
  const isSafe = url?.protocol === "https:" ||
    (url?.protocol === "http:" && from.protocol === "http:");
  if (url !== null && isSafe) return url;
  throw new SourceError(
    "denied",
    `"${from.host}" redirects to an address that is not safe`,
    { hint: "What begins with https stays with https" },
  );
}
