/** For a client that takes too long for the head of a request. */
export const TOO_LATE = words("408 Request Timeout", "header-timeout");
/** For a client too many. */
export const TOO_MANY = words(
  "503 Service Unavailable",
  "too-many-connections",
);

function words(status: string, reason: string): Uint8Array {
  return new TextEncoder().encode(
    `HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n` +
      `dewy-error: ${reason}\r\n\r\n`,
  );
}
