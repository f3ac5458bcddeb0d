import { X509Certificate } from "node:crypto";
import { type Certificates, makeCertificates } from "./certificates.ts";
import type { ImageRegistryAuth } from "./image_registry.ts";
import type { TempDir } from "./temp_dir.ts";

/** One request for a token, as it arrived. */
export interface TokenRequest {
  readonly method: string;
  readonly service: string | null;
  readonly scopes: readonly string[];
  readonly authorization: string | null;
  /** The form of a POST. */
  readonly form: URLSearchParams;
}

/** How a {@link TokenServer} is started. */
export interface TokenServerOptions {
  /** For its files. */
  readonly folder: TempDir;
  /** Answer over TLS; `certificates.ca` is to be trusted then. */
  readonly tls?: boolean;
}

/** The user that it knows. */
export const TOKEN_USER = { username: "robot", password: "s3cr3t+/=pass" };
/** The refresh token that it knows. */
export const IDENTITY_TOKEN = "identity-token-of-robot";

/**
 * Gives tokens as the realm of a registry does: distribution.github.io's
 * specifications of token authentication, by GET, and of OAuth 2, by POST. The
 * tokens are signed (ES256), so that a real registry checks them. Everybody may
 * pull from `public/`; {@link TOKEN_USER} from everywhere.
 */
export class TokenServer implements AsyncDisposable {
  readonly service = "registry.test";
  readonly issuer = "dewy-tests";
  /** Lifetime of the tokens, seconds. */
  lifetime = 300;
  /** Answers in place of a token. */
  answer: (() => Response) | undefined;
  readonly requests: TokenRequest[] = [];
  readonly certificates: Certificates;
  readonly #key: CryptoKey;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #scheme: string;

  private constructor(
    certificates: Certificates,
    key: CryptoKey,
    tls: { readonly cert: string; readonly key: string } | undefined,
  ) {
    this.certificates = certificates;
    this.#key = key;
    this.#scheme = tls === undefined ? "http" : "https";
    const base = { hostname: "127.0.0.1", port: 0, onListen() {} };
    const serve = (request: Request) => this.#serve(request);
    this.#server = tls === undefined
      ? Deno.serve(base, serve)
      : Deno.serve({ ...base, ...tls }, serve);
  }

  static async start(
    { folder, tls = false }: TokenServerOptions,
  ): Promise<TokenServer> {
    const certificates = await makeCertificates(folder.path);
    const pem = await Deno.readTextFile(certificates.key);
    const der = Uint8Array.fromBase64(pem.replace(/-----[^-]+-----|\s/g, ""));
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const extractable = false;
    const key = await crypto.subtle
      .importKey("pkcs8", der, algorithm, extractable, ["sign"]);
    const files = tls
      ? { cert: await Deno.readTextFile(certificates.cert), key: pem }
      : undefined;
    return new TokenServer(certificates, key, files);
  }

  get host(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  get realm(): string {
    return `${this.#scheme}://${this.host}/token`;
  }

  /** What a registry that believes it is configured with. */
  get auth(): Extract<ImageRegistryAuth, { kind: "token" }> {
    const { realm, service, issuer, certificates } = this;
    const certificate = certificates.ca;
    return { kind: "token", realm, service, issuer, certificate };
  }

  /** Returns a token for these scopes. */
  async sign(scopes: readonly string[], subject: string): Promise<string> {
    const cert = new X509Certificate(
      await Deno.readTextFile(this.certificates.cert),
    );
    const x5c = [cert.raw.toString("base64")];
    const header = { typ: "JWT", alg: "ES256", x5c };
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.issuer,
      sub: subject,
      aud: this.service,
      exp: now + this.lifetime,
      nbf: now - 10,
      iat: now,
      jti: crypto.randomUUID(),
      access: scopes.map(accessOf),
    };
    const text = `${encode(header)}.${encode(claims)}`;
    const signature = await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      this.#key,
      new TextEncoder().encode(text),
    );
    return `${text}.${base64Url(new Uint8Array(signature))}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #serve(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const isForm = request.method === "POST";
    const form = new URLSearchParams(isForm ? await request.text() : "");
    const given = isForm ? form : url.searchParams;
    const scopes = given.getAll("scope").flatMap((text) => text.split(" "));
    const authorization = request.headers.get("authorization");
    this.requests.push({
      method: request.method,
      service: given.get("service"),
      scopes,
      authorization,
      form,
    });
    if (this.answer !== undefined) return this.answer();
    const subject = isForm ? ofForm(form) : ofHeader(authorization);
    if (subject === undefined) {
      const details = 'incorrect username or password "s3cr3t+/=pass"';
      return Response.json({ details }, { status: 401 });
    }
    // As the specification has it: what may not be is left out, and no error.
    const granted = scopes.filter((scope) =>
      subject !== "" || scope.startsWith("repository:public/")
    );
    const token = await this.sign(granted, subject);
    const field = isForm ? "access_token" : "token";
    return Response.json({ [field]: token, expires_in: this.lifetime });
  }
}

/** Returns who asks, empty for nobody, `undefined` for somebody else. */
function ofHeader(authorization: string | null): string | undefined {
  if (authorization === null) return "";
  const { username, password } = TOKEN_USER;
  const text = new TextEncoder().encode(`${username}:${password}`);
  return authorization === `Basic ${text.toBase64()}` ? username : undefined;
}

function ofForm(form: URLSearchParams): string | undefined {
  const isRight = form.get("grant_type") === "refresh_token" &&
    form.get("refresh_token") === IDENTITY_TOKEN;
  return isRight ? TOKEN_USER.username : undefined;
}

function accessOf(scope: string) {
  const [type = "", name = "", actions = ""] = scope.split(":");
  return { type, name, actions: actions.split(",") };
}

function encode(value: unknown): string {
  return base64Url(new TextEncoder().encode(JSON.stringify(value)));
}

function base64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
