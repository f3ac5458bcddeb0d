import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { ConfigError } from "../../base/errors.ts";
import type { Certificate } from "./front.ts";
import { LOOPBACK } from "./server_dial.ts";

/** The two files that a certificate comes in. */
export interface CertificatePaths {
  /** The certificate and those that it depends on, PEM, its own first. */
  readonly cert: string;
  /** PEM, without a passphrase. */
  readonly key: string;
}

/**
 * Passes when the two can be used together; a certificate that is out of date can.
 *
 * @throws {ConfigError} When one of the two is not PEM, they do not belong
 * together, or TLS cannot be spoken with such a key.
 */
export function checkCertificate(
  { cert, key }: Certificate,
  paths: CertificatePaths,
): void {
  const certificate = parseCertificate(cert, paths.cert);
  const privateKey = parseKey(key, paths.key);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new ConfigError(
      `The key "${paths.key}" does not fit the certificate "${paths.cert}"`,
      {
        hint:
          "Name the key that the certificate was asked for with; in a chain, the server's own certificate comes first",
      },
    );
  }
  tryToServe({ cert, key }, paths);
}

/** The platform's parser knows more kinds of keys than its TLS does. */
function tryToServe(pair: Certificate, paths: CertificatePaths): void {
  try {
    Deno.listenTls({ hostname: LOOPBACK, port: 0, ...pair }).close();
  } catch (cause) {
    throw new ConfigError(`The key "${paths.key}" cannot be used for TLS`, {
      hint:
        "Use ECDSA (P-256, P-384, P-521), Ed25519 or RSA of 2048 bits and more",
      cause,
    });
  }
}

function parseCertificate(text: string, path: string): X509Certificate {
  if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw new ConfigError(`"${path}" holds no certificate in PEM`, {
      hint: isPrivateKey(text)
        ? "It is a key: exchange --tls-cert and --tls-key"
        : "It begins with -----BEGIN CERTIFICATE-----; openssl x509 -inform DER makes it from DER",
    });
  }
  try {
    return new X509Certificate(text);
  } catch (cause) {
    throw new ConfigError(`The certificate in "${path}" cannot be read`, {
      hint: "Look at it with openssl x509 -text; it may have been cut off",
      cause,
    });
  }
}

function parseKey(text: string, path: string): KeyObject {
  if (!isPrivateKey(text)) {
    throw new ConfigError(`"${path}" holds no private key in PEM`, {
      hint: text.includes("-----BEGIN CERTIFICATE-----")
        ? "It is a certificate: exchange --tls-cert and --tls-key"
        : "It begins with -----BEGIN PRIVATE KEY----- or the like",
    });
  }
  if (/ENCRYPTED/.test(text)) {
    throw new ConfigError(`The key "${path}" has a passphrase`, {
      hint: "Take it off: openssl pkey -in KEY -out NEW_KEY",
    });
  }
  try {
    return createPrivateKey(text);
  } catch {
    // What the parser says of a bad key may quote it.
    throw new ConfigError(`The key in "${path}" cannot be read`, {
      hint: "Look at it with openssl pkey -noout; it may have been cut off",
    });
  }
}

function isPrivateKey(text: string): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text);
}
