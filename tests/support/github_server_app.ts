import { Buffer } from "node:buffer";
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";

/** A GitHub App that is installed once, and the tokens it was given. */
export class FakeApp {
  readonly appId = "4711";
  readonly installationId: string;
  /** PEM texts of its private key, in both forms that GitHub's users have. */
  readonly privateKey: { readonly pkcs1: string; readonly pkcs8: string };
  /** How long a token lives, milliseconds. */
  lifetimeMs = 60 * 60 * 1000;
  issued = 0;
  #publicKey: string;

  constructor() {
    // The library keeps one exchange for each installation and process.
    this.installationId = String(1 + Math.floor(Math.random() * 1e9));
    const { privateKey, publicKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
    });
    const export_ = (type: "pkcs1" | "pkcs8") =>
      privateKey.export({ type, format: "pem" }).toString();
    this.privateKey = { pkcs1: export_("pkcs1"), pkcs8: export_("pkcs8") };
    this.#publicKey = publicKey.export({ type: "spki", format: "pem" })
      .toString();
  }

  /** Returns why GitHub would refuse the App's own token, or `undefined`. */
  refusalOf(authorization: string): string | undefined {
    const jwt = /^bearer (\S+)$/i.exec(authorization)?.[1] ?? "";
    const [head = "", payload = "", signature = ""] = jwt.split(".");
    const { alg } = parse(head);
    if (alg !== "RS256") return "A JSON web token could not be decoded";
    const isSigned = verify(
      "sha256",
      Buffer.from(`${head}.${payload}`),
      createPublicKey(this.#publicKey),
      Buffer.from(signature, "base64url"),
    );
    if (!isSigned) return "A JSON web token could not be decoded";
    const { iss, iat, exp } = parse(payload);
    const now = Date.now() / 1000;
    if (String(iss) !== this.appId) return "Integration not found";
    if (!(Number(iat) <= now)) return "'Issued at' is in the future";
    return Number(exp) > now && Number(exp) <= now + 600
      ? undefined
      : "'Expiration time' claim ('exp') is too far in the future";
  }

  /** Returns a new token and when it ends. */
  issue(): { readonly token: string; readonly expiresAt: number } {
    this.issued++;
    return {
      token: `ghs_${this.issued}_${crypto.randomUUID()}`,
      expiresAt: Date.now() + this.lifetimeMs,
    };
  }
}

function parse(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString());
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
