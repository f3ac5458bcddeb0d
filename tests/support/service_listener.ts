import { eventually } from "./eventually.ts";

/** A socket as systemd opens it for sd_notify(3): what comes is kept, line by line. */
export class ServiceListener implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #connection: Deno.DatagramConn;
  readonly #reading: Promise<void>;

  constructor(path: string) {
    this.#connection = Deno.listenDatagram({ transport: "unixpacket", path });
    this.#reading = this.#read();
  }

  /** Waits until a line has come. */
  async waitFor(line: string): Promise<void> {
    await eventually(() => this.lines.includes(line), {
      timeoutMs: 20_000,
      message: `the service manager hears ${line}; it heard ${this.lines}`,
    });
  }

  async #read(): Promise<void> {
    for await (const [data] of this.#connection) {
      this.lines.push(...new TextDecoder().decode(data).split("\n"));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.close();
    await this.#reading;
  }
}
