import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Client, createClient } from "@connectrpc/connect";
import {
  createGrpcTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { explainGrpc, isConnectionLost } from "./grpc_errors.ts";
import {
  CurrentRequestSchema,
  type CurrentResponse,
  RegistryService,
  ReportRequestSchema,
} from "./proto/dewy_pb.ts";

/** Where a {@link GrpcClient} connects to, and how. */
export interface GrpcClientOptions {
  /** Host name or IP address (IPv6 in brackets), and port. */
  readonly address: string;
  /** Whether the connection is encrypted; the server's certificate is checked then. */
  readonly tls: boolean;
  /** Authorities that are trusted in place of the usual ones, in PEM. */
  readonly ca?: string;
  /** The registry as it may be shown, for errors. */
  readonly shownUrl: string;
  /** How long one call may take, milliseconds. @default 20_000 */
  readonly timeoutMs?: number | undefined;
}

/** Who asks, and for what. */
export interface CurrentQuestion {
  readonly os: string;
  readonly arch: string;
  readonly artifactName?: string;
}

/** What the server says is to run. */
export interface CurrentAnswer {
  readonly id: string;
  readonly tag: string;
  readonly artifactUrl: string;
  /** Unix milliseconds. */
  readonly createdAt?: number;
}

/** A deploy that ended, for the server. */
export interface GrpcReport {
  readonly id: string;
  readonly tag: string;
  readonly command: string;
  /** Why it failed. */
  readonly err?: string;
}

const TIMEOUT_MS = 20_000;
/** A silent path (a NAT, a cable) is found out before the next call trusts it. */
const PINGS = {
  pingIntervalMs: 30_000,
  pingTimeoutMs: 5_000,
  idleConnectionTimeoutMs: 5 * 60_000,
};
/** An answer has a few hundred bytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Calls the registry service. It keeps one connection, which a lost one replaces with the next call. */
export class GrpcClient implements Disposable {
  readonly #options: GrpcClientOptions;
  #connection: Connection | undefined;

  constructor(options: GrpcClientOptions) {
    this.#options = options;
  }

  /**
   * Asks for the version to run.
   *
   * @throws {SourceError} When the server cannot be asked or refuses.
   */
  async current(
    question: CurrentQuestion,
    signal: AbortSignal,
  ): Promise<CurrentAnswer> {
    const { os, arch, artifactName } = question;
    const request = create(CurrentRequestSchema, {
      os,
      arch,
      ...(artifactName === undefined ? {} : { arifactName: artifactName }),
    });
    const call: Call<CurrentResponse> = (client, options) =>
      client.current(request, options);
    // A kept connection may have died since; asking twice does no harm.
    const isKept = this.#connection !== undefined;
    const answer = await this.#call(signal, call)
      .catch((error) => {
        if (!isKept || this.#connection !== undefined) throw error;
        if (signal.aborted || error.code === "timeout") throw error;
        return this.#call(signal, call);
      });
    const { id, tag, artifactUrl, createdAt } = answer;
    return {
      id,
      tag,
      artifactUrl,
      ...(createdAt === undefined ? {} : { createdAt: timestampMs(createdAt) }),
    };
  }

  /**
   * Tells how a deploy ended.
   *
   * @throws {SourceError} When the server cannot be told or refuses.
   */
  async report(report: GrpcReport, signal: AbortSignal): Promise<void> {
    const request = create(ReportRequestSchema, report);
    await this.#call(
      signal,
      (client, options) => client.report(request, options),
    );
  }

  /** Closes the connection; the next call opens another. */
  [Symbol.dispose](): void {
    this.#connection?.manager.abort();
    this.#connection = undefined;
  }

  async #call<T>(signal: AbortSignal, call: Call<T>): Promise<T> {
    signal.throwIfAborted();
    const { timeoutMs = TIMEOUT_MS, shownUrl, tls } = this.#options;
    this.#connection ??= connect(this.#options);
    const { client, manager } = this.#connection;
    try {
      return await call(client, { signal, timeoutMs });
    } catch (error) {
      if (isConnectionLost(error)) this[Symbol.dispose]();
      signal.throwIfAborted();
      const connectionError = manager.error();
      throw explainGrpc(error, { shownUrl, tls, timeoutMs, connectionError });
    }
  }
}

type RegistryClient = Client<typeof RegistryService>;

type Call<T> = (
  client: RegistryClient,
  options: { readonly signal: AbortSignal; readonly timeoutMs: number },
) => Promise<T>;

interface Connection {
  readonly client: RegistryClient;
  readonly manager: Http2SessionManager;
}

function connect({ address, tls, ca }: GrpcClientOptions): Connection {
  const baseUrl = `${tls ? "https" : "http"}://${address}`;
  const options = tls && ca !== undefined ? { ca } : {};
  const manager = new Http2SessionManager(baseUrl, PINGS, options);
  const transport = createGrpcTransport({
    baseUrl,
    sessionManager: manager,
    readMaxBytes: MAX_ANSWER_BYTES,
  });
  return { manager, client: createClient(RegistryService, transport) };
}
