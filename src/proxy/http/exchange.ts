import type { BackendAnswer, BackendConnection } from "./backend_connection.ts";
import { BackendFault, ClientFault } from "./fault.ts";
import type { OutboundHead } from "./outbound.ts";
import type { RequestBody } from "./request_body.ts";
import type { ResponseHead } from "./response_head.ts";

/** How long a client that asked for a go-ahead waits for the backend's, milliseconds (RFC 9110, 10.1.1). */
const CONTINUE_MS = 1_000;
const IS_WANTED = true;

/**
 * Sends a request and returns the answer as soon as its head is there; the
 * bodies of both may still be on their way.
 *
 * @returns `undefined` when the backend left without a word.
 * @throws {BackendFault} When the backend fails, or answers what is not HTTP.
 * @throws {ClientFault} When the client does not send all of its request.
 */
export async function exchange(
  connection: BackendConnection,
  head: OutboundHead,
  body: RequestBody | undefined,
): Promise<BackendAnswer | undefined> {
  if (body === undefined) {
    const [answer] = await Promise.all([
      receiveFinal(connection, head.method),
      connection.send(head.bytes),
    ]);
    return answer;
  }
  const goAhead = Promise.withResolvers<boolean>();
  const proceed = () => goAhead.resolve(IS_WANTED);
  connection.sending();
  const sending = send(connection, head, body, goAhead.promise);
  const timer = head.expectsContinue
    ? setTimeout(proceed, CONTINUE_MS)
    : proceed();
  try {
    const answer = await receiveFinal(connection, head.method, proceed);
    void sending.then((isSent) => isSent ? undefined : body.cancel());
    return answer;
  } finally {
    if (timer !== undefined) clearTimeout(timer);
    // An answer in place of the go-ahead: nobody wants the body.
    goAhead.resolve(!IS_WANTED);
    if (connection.isClosed) body.leave(connection);
  }
}

/**
 * Sends all of the request; it never rejects. What fails is told by way of the
 * connection, which the answer is awaited from.
 *
 * @returns Whether the backend has all of it.
 */
async function send(
  connection: BackendConnection,
  head: OutboundHead,
  body: RequestBody,
  goAhead: Promise<boolean>,
): Promise<boolean> {
  try {
    await connection.send(head.bytes);
    if (!await goAhead || !await body.sendTo(connection)) return false;
    connection.sent();
    return true;
  } catch (error) {
    // A backend that reads no further may have answered all the same.
    if (error instanceof BackendFault) return false;
    connection.close(
      error instanceof ClientFault
        ? error
        : new BackendFault("backend-closed", "Cannot send the body", error),
    );
    return false;
  }
}

/** Reads past the answers that only announce another one. */
async function receiveFinal(
  connection: BackendConnection,
  method: string,
  onContinue?: () => void,
): Promise<BackendAnswer | undefined> {
  let head: ResponseHead | undefined;
  do {
    head = await connection.receive(method);
    if (head === undefined) return undefined;
    if (head.status === 100) onContinue?.();
  } while (head.status < 200 && head.status !== 101);
  if (head.status === 101) {
    throw new BackendFault(
      "backend-invalid",
      "The backend changed the protocol unasked",
    );
  }
  return { head, body: connection.body(head) };
}
