import { basename } from "node:path";
import type { EmitEvent } from "../base/event.ts";
import { systemClock } from "../base/time.ts";
import { AdminApi, type AdminApiOptions } from "./api.ts";
import {
  ADMIN_SOCKET,
  listenAside,
  listenOnPort,
  listenOnSocket,
} from "./doors.ts";
import { ADMIN_LIMITS, AdminListener } from "./listener.ts";
import type { Door } from "./message.ts";
import { readToken, TokenGuard } from "./token.ts";

/** What an {@link AdminServer} works with. */
export interface AdminServerOptions extends Omit<AdminApiOptions, "guard"> {
  /** Working directory, absolute. */
  readonly root: string;
  /** Absolute, or from the working directory. */
  readonly socket: string | undefined;
  readonly tokenFile: string | undefined;
  /** The value of `DEWY_ADMIN_TOKEN`. */
  readonly token: string | undefined;
  readonly firstPort: number;
  /**
   * Whether somebody counts on a port. Without one the API is served on a port
   * that nobody else looks for, when there is a free one.
   */
  readonly isPortWanted: boolean;
}

/** The admin API, served on a Unix socket, and over TCP. */
export class AdminServer implements AsyncDisposable {
  /** Left out when nobody asked for one, and none was free. */
  readonly port: number | undefined;
  #stack: AsyncDisposableStack;

  private constructor(port: number | undefined, stack: AsyncDisposableStack) {
    this.port = port;
    this.#stack = stack;
  }

  /**
   * Opens the doors. A socket that cannot be opened is told and left out.
   *
   * @throws {ConfigError} When the token cannot be used.
   * @throws {SourceError} When no port is free.
   */
  static async start(options: AdminServerOptions): Promise<AdminServer> {
    const { tokenFile: file, token: value, emit } = options;
    const token = await readToken({ file, value });
    const guard = new TokenGuard(token, systemClock);
    const api = new AdminApi({ ...options, guard });
    await using stack = new AsyncDisposableStack();
    const serve = (listener: Deno.Listener, door: Door) =>
      stack.use(
        new AdminListener({
          listener,
          door,
          handle: (request) => api.handle(request),
          limits: ADMIN_LIMITS,
          onDefect: (error) =>
            emit({ type: "admin-defect", error: asError(error) }),
        }),
      );
    const path = options.socket ?? ADMIN_SOCKET;
    const opened = await listenOnSocket(options.root, path);
    if ("problem" in opened) {
      emit({ type: "admin-socket-unusable", path, error: opened.problem });
    } else {
      stack.defer(() => removeSocket(opened.address, emit));
      serve(opened.listener, "socket");
    }
    const isWanted = options.isPortWanted || token !== undefined;
    const listen = isWanted ? listenOnPort : listenAside;
    const listener = listen(options.firstPort);
    if (listener === undefined) {
      return new AdminServer(undefined, stack.move());
    }
    serve(listener, "tcp");
    const { port } = listener.addr;
    emit({ type: "admin-started", port });
    return new AdminServer(port, stack.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function removeSocket(path: string, emit: EmitEvent): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    const what = basename(path);
    emit({ type: "cleanup-failed", what, error: asError(error) });
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
