import { join } from "node:path";

const PREFIX = "notify-";
/** A socket path has at most 103 bytes on macOS; the folder's random name needs its part. */
const LONGEST_PARENT = 70;

/**
 * A socket that receives readiness messages as sd_notify(3) sends them: datagrams
 * of `NAME=value` lines on a Unix socket, `READY=1` among them.
 */
export class NotifySocket implements AsyncDisposable {
  readonly path: string;
  #connection: Deno.DatagramConn;
  #folder: string;

  private constructor(
    folder: string,
    path: string,
    connection: Deno.DatagramConn,
  ) {
    this.#folder = folder;
    this.path = path;
    this.#connection = connection;
  }

  /**
   * Opens a socket in a folder of its own, which only this user may enter.
   *
   * @param parent Where that folder is made; the system's temporary folder when
   * the path would be too long for a socket.
   */
  static async open(parent: string): Promise<NotifySocket> {
    const folder = await Deno.makeTempDir({
      prefix: PREFIX,
      ...(parent.length > LONGEST_PARENT ? {} : { dir: parent }),
    });
    const path = join(folder, "notify");
    try {
      const connection = Deno.listenDatagram({ transport: "unixpacket", path });
      return new NotifySocket(folder, path, connection);
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  /** Removes the sockets in `parent` of a dewy that was killed. */
  static async removeLeftovers(parent: string): Promise<void> {
    for await (const { name } of Deno.readDir(parent)) {
      if (!name.startsWith(PREFIX)) continue;
      await Deno.remove(join(parent, name), { recursive: true });
    }
  }

  /** Resolves with `true` when `READY=1` has come, with `false` when the socket was closed before. */
  async ready(): Promise<boolean> {
    for await (const [data] of this.#connection) {
      const lines = new TextDecoder().decode(data).split("\n");
      if (lines.includes("READY=1")) return true;
    }
    return false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
