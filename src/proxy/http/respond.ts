import type { Slot } from "../balancer.ts";
import type { BackendAnswer, BackendConnection } from "./backend_connection.ts";
import type { Call } from "./call.ts";
import type { ResponseHead } from "./response_head.ts";

/** What a backend answered to a request. */
export interface Answered {
  readonly answer: BackendAnswer;
  readonly connection: BackendConnection;
  readonly slot: Slot;
}

/** The only status without a body that the HTTP server gives no length and no end. */
export const RESET_CONTENT = 205;

/** Makes of what the backend answered what the client gets; the call is over with its body. */
export function respond(
  { answer, connection }: Answered,
  call: Call,
): Response {
  const { head, body } = answer;
  const { headers, status } = head;
  if (status === RESET_CONTENT) {
    if (body instanceof ReadableStream) connection.close();
    call.over(0);
    return new Response(null, { status, headers });
  }
  // What is not a stream has been read whole: the connection may serve another by now.
  if (body instanceof ReadableStream) call.follow(connection);
  else call.over(body?.length ?? 0);
  const content = body ?? emptyBody(head, call.head.method);
  return new Response(content, { status, headers });
}

/** Statuses whose answers have no body, so that not even an empty one can be given to the server. */
const BODILESS: ReadonlySet<number> = new Set([204, RESET_CONTENT, 304]);

/** Without a stream the server would say that what a GET brings is 0 bytes long. */
function emptyBody(
  { framing, headers, status }: ResponseHead,
  method: string,
): ReadableStream<Uint8Array> | null {
  const isUnsaid = method === "HEAD" && framing.kind === "none" &&
    !BODILESS.has(status) &&
    !headers.some(([name]) => name === "content-length");
  return isUnsaid ? new Blob([]).stream() : null;
}
