import type { Buffer } from "node:buffer";
import type { WebSocket as BackendSocket } from "ws";
import type { Session } from "../balancer.ts";
import type { ClientSession } from "./client_session.ts";

/** Bytes on their way to one side above which the other is not read, until there are fewer than half. */
const HIGH_BYTES = 1024 * 1024;
/** What a backend is owed at most: what had left the client when it was stopped is read in any case. */
const MAX_BYTES = 32 * 1024 * 1024;
const LOOK_MS = 10;
/** How long a side may take to answer a close when it takes nothing meanwhile, milliseconds. */
const LINGER_MS = 5_000;
/** The same when the time to drain is over. */
const END_MS = 1_500;

/** Codes of a close (RFC 6455, 7.4, and its registry). */
const NO_STATUS = 1005;
const ABNORMAL = 1006;
const SERVICE_RESTART = 1012;
const TRY_AGAIN_LATER = 1013;
const BAD_GATEWAY = 1014;

/** A byte order mark is part of a message. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What a {@link Relay} joins. */
export interface RelayOptions {
  /** The client's, not open yet. */
  readonly client: WebSocket;
  /** The backend's, open and paused. */
  readonly backend: BackendSocket;
  readonly session: ClientSession;
  /** Called once when both sides are closed, with the bytes that the client got. */
  readonly onOver: (bytes: number) => void;
}

/** Two WebSockets, the messages and closes of each passed on to the other. */
export class Relay implements Session {
  #client: WebSocket;
  #backend: BackendSocket;
  #options: RelayOptions;
  #bytes = 0;
  #isClientClosed = false;
  #isBackendClosed = false;
  #isOver = false;
  #looker: ReturnType<typeof setInterval> | undefined;
  /** The backend was faster to leave than the client to come. */
  #closeOnOpen: (() => void) | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RelayOptions) {
    const { client, backend } = options;
    this.#options = options;
    this.#client = client;
    this.#backend = backend;
    client.binaryType = "arraybuffer";
    client.onopen = () => this.#opened();
    client.onmessage = ({ data }) => this.#up(data);
    client.onclose = ({ code, reason }) => this.#clientClosed(code, reason);
    client.onerror = () => this.abort();
    backend.on("message", (data, isBinary) => this.#down(data, isBinary));
    backend.on("ping", () => options.session.touch());
    backend.on("pong", () => options.session.touch());
    backend.on("close", (code, reason) => this.#backendClosed(code, reason));
    // A close with the code follows.
    backend.on("error", () => {});
    if (backend.readyState === WebSocket.CLOSED) {
      this.#backendClosed(ABNORMAL, new Uint8Array());
    }
  }

  /** The client is gone, without a close. */
  abort(): void {
    this.#clientClosed(ABNORMAL, "");
  }

  /** The time to drain is over. */
  end(): void {
    this.#closeBackend(SERVICE_RESTART, "Service Restart");
    this.#closeClient(SERVICE_RESTART, "Service Restart");
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.#cut(), END_MS);
  }

  #opened(): void {
    if (this.#closeOnOpen !== undefined) this.#closeOnOpen();
    else this.#backend.resume();
  }

  #up(data: string | ArrayBuffer): void {
    const backend = this.#backend;
    if (backend.readyState !== WebSocket.OPEN) return;
    if (backend.bufferedAmount > MAX_BYTES) {
      this.#closeClient(TRY_AGAIN_LATER, "The backend is too slow");
      // It would have to take all of that before it heard of a close.
      backend.terminate();
      return;
    }
    backend.send(data, { binary: typeof data !== "string" });
    if (backend.bufferedAmount <= HIGH_BYTES) return;
    this.#options.session.pause();
    this.#look();
  }

  #down(data: Buffer<ArrayBuffer>, isBinary: boolean): void {
    const client = this.#client;
    if (client.readyState !== WebSocket.OPEN) return;
    client.send(isBinary ? data : decoder.decode(data));
    this.#bytes += data.length;
    if (client.bufferedAmount <= HIGH_BYTES) return;
    this.#backend.pause();
    this.#look();
  }

  /** Reads on from each side as soon as the other has taken enough; nothing tells when that is. */
  #look(): void {
    this.#looker ??= setInterval(() => {
      const toBackend = this.#backend.bufferedAmount;
      const toClient = this.#client.bufferedAmount;
      if (toBackend < HIGH_BYTES / 2) this.#options.session.resume();
      if (toClient < HIGH_BYTES / 2) this.#backend.resume();
      if (Math.max(toBackend, toClient) < HIGH_BYTES / 2) this.#stopLooking();
    }, LOOK_MS);
  }

  #stopLooking(): void {
    clearInterval(this.#looker);
    this.#looker = undefined;
  }

  #clientClosed(code: number, reason: string): void {
    if (this.#isClientClosed) return;
    this.#isClientClosed = true;
    clearTimeout(this.#linger);
    this.#closeBackend(code, reason);
    this.#finish();
  }

  #backendClosed(code: number, reason: Uint8Array): void {
    if (this.#isBackendClosed) return;
    this.#isBackendClosed = true;
    // The connection broke: for the client the proxy is the peer, and it is well.
    if (code === ABNORMAL) this.#closeClient(BAD_GATEWAY, "backend-closed");
    else this.#closeClient(code, decoder.decode(reason));
    this.#finish();
  }

  #closeBackend(code: number, reason: string): void {
    const backend = this.#backend;
    // A close is only heard by who reads.
    backend.resume();
    if (code === ABNORMAL) backend.terminate();
    else if (code === NO_STATUS) backend.close();
    else backend.close(code, reason);
  }

  #closeClient(code: number, reason: string): void {
    if (this.#isClientClosed) return;
    const client = this.#client;
    this.#options.session.resume();
    const close = () =>
      code === NO_STATUS ? client.close() : client.close(code, reason);
    if (client.readyState === WebSocket.CONNECTING) this.#closeOnOpen = close;
    else close();
    this.#linger ??= setTimeout(this.#lingerOn, LINGER_MS);
  }

  /** Gives a client up that neither takes anything nor answers the close. */
  #lingerOn = (seen: unknown): void => {
    const { progress } = this.#options.session;
    if (seen === progress) return this.#cut();
    this.#linger = setTimeout(this.#lingerOn, LINGER_MS, progress);
  };

  #cut(): void {
    this.#options.session.end();
    this.#backend.terminate();
    this.abort();
  }

  #finish(): void {
    if (!this.#isClientClosed || !this.#isBackendClosed || this.#isOver) return;
    this.#isOver = true;
    this.#stopLooking();
    clearTimeout(this.#linger);
    this.#options.onOver(this.#bytes);
  }
}
