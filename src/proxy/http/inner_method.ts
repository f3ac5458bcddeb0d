/**
 * What the gate makes of requests on the private connections to the HTTP
 * server. No client may use a method that begins like these.
 */
export const INNER_PREFIX = "DEWY-";

/** Stands before GET when the request has a body, which the HTTP server would hide from us. */
export const WITH_BODY = `${INNER_PREFIX}BODY-`;

/** In the place of a request that is not passed on: the client is told in its turn. */
export const REFUSED = `${INNER_PREFIX}REFUSED`;

/** The request that asks the front to refuse what the client sent. */
export const REFUSAL: Uint8Array = new TextEncoder().encode(
  `${REFUSED} / HTTP/1.1\r\nhost: dewy\r\n\r\n`,
);

/**
 * Returns the method that a client used; `undefined` when the request is to be
 * refused.
 *
 * @param isHttp2 Whether it came over HTTP/2, whose requests the gate does not read.
 */
export function clientMethod(
  method: string,
  isHttp2: boolean,
): string | undefined {
  if (!method.startsWith(INNER_PREFIX)) return method;
  const isMarked = !isHttp2 && method.startsWith(WITH_BODY);
  return isMarked ? method.slice(WITH_BODY.length) : undefined;
}
