import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";

/** Marks a secret that is written in base64. */
const PREFIX = "whsec_";

/** What is signed. */
export interface SignedMessage {
  readonly id: string;
  /** Unix seconds of this attempt. */
  readonly timestamp: number;
  /** As it is sent, byte for byte. */
  readonly body: string;
}

/**
 * Returns the headers that prove a message's sender to who knows the secret, as
 * Standard Webhooks 1.0.0 has them (https://www.standardwebhooks.com): HMAC-SHA256
 * over `id.timestamp.body`, in base64.
 *
 * @param secret `whsec_` and base64, or any text, whose UTF-8 bytes are the key.
 */
export function signatureHeaders(
  { id, timestamp, body }: SignedMessage,
  secret: string,
): Record<string, string> {
  const signature = createHmac("sha256", keyOf(secret))
    .update(`${id}.${timestamp}.${body}`).digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${signature}`,
  };
}

function keyOf(secret: string): Buffer {
  return secret.startsWith(PREFIX)
    ? Buffer.from(secret.slice(PREFIX.length), "base64")
    : Buffer.from(secret, "utf8");
}
