import { Buffer } from "node:buffer";
import { SourceError } from "../base/errors.ts";
import { isLoopbackHost } from "../base/image_reference.ts";
import type { OciChallenge } from "./oci_challenge.ts";
import type { OciCredentials } from "./oci_credentials.ts";
import { explainAnswer } from "./oci_errors.ts";
import { type OciRequest, readJson, sendOci } from "./oci_http.ts";

/** A registry that wants a token. */
export type BearerChallenge = Extract<OciChallenge, { scheme: "bearer" }>;

/** What {@link OciTokens} works with. */
export interface OciTokensOptions {
  readonly credentials: OciCredentials | undefined;
  /** The registry that names the realms. */
  readonly origin: string;
  /** Whether the operator gave up on TLS for it. */
  readonly insecure: boolean;
  /** Asked for when the registry names no scope: `repository:acme/web:pull`. */
  readonly scope: string;
  /** What to do when a token is denied. */
  readonly deniedHint: string;
  readonly now: () => number;
  /** Knows further authorities. */
  readonly client?: Deno.HttpClient | undefined;
}

interface IssuedToken {
  readonly token: string;
  /** From when on it is not used any more, Unix milliseconds. */
  readonly staleAt: number;
}

/** A token for which no lifetime is stated has this one, seconds. */
const DEFAULT_LIFETIME_S = 60;
/** A token is not used for the last part of its life: clocks differ, and a request takes time. */
const MARGIN_MS = 30_000;
const MAX_ANSWER_BYTES = 256 * 1024;
const CLIENT_ID = "dewy";

/**
 * The tokens of one registry, kept until shortly before their end
 * (distribution.github.io/distribution/spec/auth/token and …/oauth). Credentials
 * go to the realm that the registry names, and along no redirect.
 */
export class OciTokens {
  readonly #options: OciTokensOptions;
  readonly #issued = new Map<string, IssuedToken>();
  /** The newest that the realm gave in place of the identity token. */
  #refreshToken: string | undefined;

  constructor(options: OciTokensOptions) {
    this.#options = options;
  }

  /** @throws {SourceError} When the realm gives none. */
  async get(challenge: BearerChallenge, signal: AbortSignal): Promise<string> {
    const key = keyOf(challenge);
    const known = this.#issued.get(key);
    const now = this.#options.now();
    if (known !== undefined && now < known.staleAt) return known.token;
    const issued = await this.#ask(challenge, signal);
    this.#issued.set(key, issued);
    return issued.token;
  }

  /** Says that the registry refused the token. */
  forget(challenge: BearerChallenge): void {
    this.#issued.delete(keyOf(challenge));
  }

  async #ask(
    challenge: BearerChallenge,
    signal: AbortSignal,
  ): Promise<IssuedToken> {
    const realm = this.#realmOf(challenge);
    const response = await this.#send(realm, challenge, signal);
    if (response.status !== 200) {
      const what = `get a token from "${realm.host}"`;
      const { deniedHint } = this.#options;
      throw await explainAnswer(response, { what, deniedHint });
    }
    const options = { maxBytes: MAX_ANSWER_BYTES, signal };
    return this.#take(await readJson(response, options), realm);
  }

  #send(
    realm: URL,
    { service, scope }: BearerChallenge,
    signal: AbortSignal,
  ): Promise<Response> {
    const { credentials, client } = this.#options;
    const scopes = (scope || this.#options.scope).split(/\s+/);
    if (credentials?.kind === "identity") {
      const body = new URLSearchParams({
        grant_type: "refresh_token",
        client_id: CLIENT_ID,
        service: service ?? "",
        scope: scopes.join(" "),
        refresh_token: this.#refreshToken ?? credentials.token,
      });
      return sendOci(realm, {
        method: "POST",
        headers: {},
        body,
        signal,
        client,
      });
    }
    const url = new URL(realm);
    if (service !== undefined) url.searchParams.set("service", service);
    for (const part of scopes) url.searchParams.append("scope", part);
    const headers: OciRequest["headers"] = credentials === undefined
      ? {}
      : { authorization: basicAuthorization(credentials) };
    return sendOci(url, { method: "GET", headers, signal, client });
  }

  #take(answer: unknown, realm: URL): IssuedToken {
    const { token, access_token, expires_in, refresh_token } = fieldsOf(answer);
    const given = [token, access_token].find((value) => isToken(value));
    if (typeof given !== "string") {
      throw new SourceError("invalid", `"${realm.host}" gives no token`, {
        hint: "Check whether a proxy or a login page answers in its place",
      });
    }
    if (isToken(refresh_token)) this.#refreshToken = refresh_token;
    const seconds = typeof expires_in === "number" && expires_in > 0
      ? expires_in
      : DEFAULT_LIFETIME_S;
    const lifeMs = seconds * 1000;
    const staleAt = this.#options.now() + lifeMs -
      Math.min(MARGIN_MS, lifeMs / 4);
    return { token: given, staleAt };
  }

  /** Credentials go out encrypted; in the clear only where the registry is asked so, too. */
  #realmOf({ realm }: BearerChallenge): URL {
    const { origin, insecure } = this.#options;
    const url = URL.parse(realm);
    if (url !== null && url.username + url.password === "") {
      if (url.protocol === "https:") return url;
      const isPlain = origin.startsWith("http:") &&
        (insecure || isLoopbackHost(url.host));
      if (url.protocol === "http:" && isPlain) return url;
    }
    throw new SourceError(
      "denied",
      `The registry sends for a token to ${url?.host || "no host"} without TLS`,
      { hint: "Credentials go only where https leads: ask who runs it" },
    );
  }
}

/** Returns the header for a user and a password (RFC 7617). */
export function basicAuthorization(
  { username, password }: Extract<OciCredentials, { kind: "password" }>,
): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function keyOf({ realm, service, scope }: BearerChallenge): string {
  return JSON.stringify([realm, service, scope]);
}

function fieldsOf(answer: unknown): Record<string, unknown> {
  return typeof answer === "object" && answer !== null
    ? answer as Record<string, unknown>
    : {};
}

/** What can stand in a header. */
function isToken(value: unknown): value is string {
  return typeof value === "string" && /^[\x21-\x7e]+$/.test(value);
}
