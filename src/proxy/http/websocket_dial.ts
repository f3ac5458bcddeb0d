import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import type { WebSocket as BackendSocket } from "ws";
import type { Backend } from "../backend.ts";
import type { Attempt } from "../tcp/attempt.ts";
import { isOutOfFiles } from "../tcp/file_pressure.ts";
import { BackendFault } from "./fault.ts";
import { HOP_BY_HOP } from "./response_head.ts";
import type { Handshake } from "./websocket_request.ts";

/** Longest message of a backend, bytes: as much as the server takes from a client. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** How long a backend may take to end a connection that is being closed, milliseconds. */
const CLOSE_MS = 1_500;

const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** What a field may hold (RFC 9110, 5.5), as one character for each byte. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What a backend said to the handshake. */
export type DialAnswer =
  /** The socket is open and paused. */
  | {
    readonly kind: "accepted";
    readonly socket: BackendSocket;
    readonly headers: Headers;
  }
  | {
    readonly kind: "refused";
    readonly status: number;
    readonly headers: Headers;
    /** The body; it has to be read or cancelled. */
    readonly message: IncomingMessage;
    /** What it comes by, and nothing else will. */
    readonly connection: Socket;
  };

/**
 * Opens a connection to a backend, so that whoever fails before has sent it nothing.
 *
 * @throws {BackendFault} When it cannot be reached in time, or the attempt is ended.
 */
export async function connectTo(
  { hostname, port }: Backend,
  attempt: Attempt,
  connectTimeoutMs: number,
): Promise<Socket> {
  const socket = connect({ host: hostname, port, noDelay: true });
  const timer = setTimeout(attempt.timeOut, connectTimeoutMs);
  const onAbort = () => socket.destroy(new Error("The attempt was ended"));
  attempt.signal.addEventListener("abort", onAbort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve).once("error", reject);
    });
    return socket;
  } catch (error) {
    if (isOutOfFiles(error)) {
      const why = "No descriptor is left for a connection";
      throw new BackendFault("too-many-connections", why, error);
    }
    throw attempt.isLate
      ? new BackendFault("connect-timeout", "No connection in time", error)
      : new BackendFault("connect-failed", "Cannot connect", error);
  } finally {
    clearTimeout(timer);
    attempt.signal.removeEventListener("abort", onAbort);
  }
}

/**
 * Asks a backend for a WebSocket.
 *
 * @throws {BackendFault} When it fails, is late, or answers what is no handshake.
 */
export async function ask(
  connection: Socket,
  handshake: Handshake,
  { attempt, answerTimeoutMs }: {
    readonly attempt: Attempt;
    readonly answerTimeoutMs: number;
  },
): Promise<DialAnswer> {
  const { WebSocket } = await import("ws");
  const timer = answerTimeoutMs === 0
    ? undefined
    : setTimeout(attempt.timeOut, answerTimeoutMs);
  const socket = new WebSocket("ws://backend.invalid/", [], {
    headers: handshake.headers,
    createConnection: () => connection,
    // The target as it came: a URL would resolve and quote parts of it.
    finishRequest: (request) => {
      request.path = handshake.target;
      request.end();
    },
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    closeTimeout: CLOSE_MS,
  });
  const onAbort = () => connection.destroy();
  attempt.signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await answerOf(socket, connection);
  } catch (error) {
    connection.destroy();
    throw blame(attempt, error);
  } finally {
    clearTimeout(timer);
    attempt.signal.removeEventListener("abort", onAbort);
  }
}

/** Told of the body of a refusal. */
export interface BodyOptions {
  readonly onBytes: (count: number) => void;
  /** Called when the last of it is read or dropped. */
  readonly onOver: () => void;
}

/** Streams the body of a refusal, and closes the connection after it. */
export function bodyOf(
  { message, connection, status }: Extract<DialAnswer, { kind: "refused" }>,
  { onBytes, onOver }: BodyOptions,
): ReadableStream<Uint8Array> | null {
  message.once("close", () => {
    // A message that is over, or destroyed, leaves it open.
    connection.destroy();
    onOver();
  });
  // An answer that is cut off is told by the stream.
  message.on("error", () => {});
  if (status === 204 || status === 205 || status === 304) {
    connection.destroy();
    message.destroy();
    return null;
  }
  return ReadableStream.from(counted(message, onBytes));
}

async function* counted(
  message: AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of message) {
      onBytes(bytes.length);
      yield bytes;
    }
  } catch (error) {
    throw new BackendFault("backend-closed", "The answer was cut off", error);
  }
}

function answerOf(
  socket: BackendSocket,
  connection: Socket,
): Promise<DialAnswer> {
  return new Promise((resolve, reject) => {
    let headers = new Headers();
    socket.once("upgrade", (response) => {
      headers = passedOn(response);
      // What was offered is the client's business, and so is what was chosen.
      delete response.headers["sec-websocket-protocol"];
    });
    socket.once("open", () => {
      socket.pause();
      resolve({ kind: "accepted", socket, headers });
    });
    socket.once("unexpected-response", (_, message) => {
      const status = message.statusCode ?? 0;
      if (status < 200 || status > 599) {
        reject(invalid(`its status is ${status}`));
        return;
      }
      resolve({
        kind: "refused",
        status,
        headers: passedOn(message),
        message,
        connection,
      });
    });
    // Listened to for good: nobody else may hear of an error after the first.
    socket.on("error", reject);
  });
}

/** The headers of an answer without those of one hop or one handshake. */
function passedOn({ rawHeaders, headers: joined }: IncomingMessage): Headers {
  const headers = new Headers();
  const named = (joined.connection ?? "").toLowerCase().split(",");
  const dropped = new Set(named.map((name) => name.trim()));
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? "";
    const isOwn = name === "sec-websocket-accept" ||
      name === "sec-websocket-extensions";
    if (isOwn || HOP_BY_HOP.has(name) || dropped.has(name)) continue;
    const value = rawHeaders[at + 1] ?? "";
    if (NAME.test(name) && VALUE.test(value)) headers.append(name, value);
  }
  return headers;
}

function blame(attempt: Attempt, error: unknown): BackendFault {
  if (error instanceof BackendFault) return error;
  if (attempt.isLate) {
    return new BackendFault("backend-timeout", "No answer in time", error);
  }
  const isHandshake = error instanceof Error &&
    /Sec-WebSocket|Upgrade header|Parse Error/i.test(error.message);
  if (isHandshake) return invalid(error.message, error);
  return new BackendFault("backend-closed", "The backend hung up", error);
}

function invalid(why: string, cause?: unknown): BackendFault {
  return new BackendFault(
    "backend-invalid",
    `The answer is no WebSocket handshake: ${why}`,
    cause,
  );
}
