/** The part of `ws` that is used, by tests as well; it ships no declarations. */
declare module "ws" {
  import type { Buffer } from "node:buffer";
  import type { EventEmitter } from "node:events";
  import type {
    ClientRequest,
    IncomingMessage,
    OutgoingHttpHeaders,
    Server,
  } from "node:http";
  import type { Duplex } from "node:stream";

  export interface ClientOptions {
    readonly headers?: OutgoingHttpHeaders;
    readonly perMessageDeflate?: boolean;
    readonly maxPayload?: number;
    /** How long the other side may take to end the connection after a close, milliseconds. */
    readonly closeTimeout?: number;
    readonly createConnection?: () => Duplex;
    /** Is to end the request; the last chance to change it. */
    readonly finishRequest?: (request: ClientRequest) => void;
    readonly ca?: string;
  }

  interface Events {
    open: [];
    message: [data: Buffer<ArrayBuffer>, isBinary: boolean];
    close: [code: number, reason: Buffer];
    error: [error: Error];
    ping: [data: Buffer];
    pong: [data: Buffer];
    upgrade: [response: IncomingMessage];
    "unexpected-response": [request: ClientRequest, response: IncomingMessage];
  }

  export class WebSocket extends EventEmitter<Events> {
    constructor(
      url: string,
      protocols?: readonly string[],
      options?: ClientOptions,
    );
    readonly readyState: number;
    readonly protocol: string;
    readonly bufferedAmount: number;
    send(
      data: string | Uint8Array | ArrayBuffer,
      options?: { readonly binary?: boolean; readonly fin?: boolean },
    ): void;
    ping(): void;
    close(code?: number, reason?: string | Uint8Array): void;
    /** Breaks the connection off. */
    terminate(): void;
    /** Stops reading; what was read may still come. */
    pause(): void;
    resume(): void;
  }

  export interface ServerOptions {
    readonly server?: Server;
    readonly noServer?: boolean;
    readonly perMessageDeflate?: boolean;
    readonly maxPayload?: number;
    readonly handleProtocols?: (offered: Set<string>) => string | false;
  }

  interface ServerEvents {
    connection: [socket: WebSocket, request: IncomingMessage];
    headers: [headers: string[], request: IncomingMessage];
  }

  export class WebSocketServer extends EventEmitter<ServerEvents> {
    constructor(options: ServerOptions);
    handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      onOpen: (socket: WebSocket) => void,
    ): void;
    close(): void;
  }
}
