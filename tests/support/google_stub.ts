import { createPublicKey, verify } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:http";

/** What a {@link GoogleStub} lets in. */
export interface GoogleStubOptions {
  /** PEM of the service account whose self-signed tokens count. */
  readonly publicKey?: string;
  /** The access token that the metadata service gives, and that counts. */
  readonly token?: string;
}

/**
 * A bucket with one folder, `v1`, and the metadata service of a machine: both
 * at one address. It lets in who brings a token that counts, and nobody else.
 */
export class GoogleStub implements AsyncDisposable {
  /** Host and port. */
  readonly host: string;
  #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.host = `127.0.0.1:${port}`;
  }

  static async start(options: GoogleStubOptions): Promise<GoogleStub> {
    const server = createServer((request, response) =>
      answer(request, response, options)
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    const address = server.address();
    if (address === null || typeof address === "string") {
      throw new Error("The stub does not listen");
    }
    return new GoogleStub(server, address.port);
  }

  get url(): string {
    return `http://${this.host}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}

function answer(
  { url = "", headers }: IncomingMessage,
  response: ServerResponse,
  options: GoogleStubOptions,
): void {
  response.setHeader("content-type", "application/json");
  if (url.startsWith("/computeMetadata/")) {
    response.setHeader("metadata-flavor", "Google");
    response.statusCode = options.token === undefined ? 404 : 200;
    response.end(metadata(url, options.token));
    return;
  }
  const [, token = ""] = /^Bearer (.+)$/.exec(headers.authorization ?? "") ??
    [];
  const counts = token !== "" &&
    (token === options.token || isSigned(token, options.publicKey));
  response.statusCode = counts ? 200 : 401;
  const error = { code: 401, message: "Invalid Credentials" };
  response.end(JSON.stringify(counts ? { prefixes: ["v1/"] } : { error }));
}

function metadata(url: string, token: string | undefined): string {
  return url.includes("/token")
    ? JSON.stringify({ "access_token": token, "expires_in": 3600 })
    : JSON.stringify({});
}

/** Returns whether a token is signed, not expired, and for storage. */
function isSigned(token: string, publicKey: string | undefined): boolean {
  const [head = "", body = "", signature = ""] = token.split(".");
  if (publicKey === undefined || signature === "") return false;
  const isGenuine = verify(
    "sha256",
    new TextEncoder().encode(`${head}.${body}`),
    createPublicKey(publicKey),
    Uint8Array.fromBase64(signature, { alphabet: "base64url" }),
  );
  const claims = JSON.parse(
    new TextDecoder().decode(
      Uint8Array.fromBase64(body, { alphabet: "base64url" }),
    ),
  );
  return isGenuine && claims.exp > Date.now() / 1000 &&
    String(claims.scope).includes("https://www.googleapis.com/auth/");
}
