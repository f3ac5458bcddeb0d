/** Where a request came in. */
export type Door =
  /** The Unix socket: who can open it may act. */
  | "socket"
  /** TCP on the loopback address: anybody on this host may read. */
  | "tcp";

/** A request of the admin API, as it came. */
export interface AdminRequest {
  readonly door: Door;
  readonly method: string;
  /** The path, neither decoded nor normalised. */
  readonly path: string;
  /** All values of each header, by lower-case name. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Aborted when the client leaves or dewy stops. */
  readonly signal: AbortSignal;
  /**
   * Reads the body.
   *
   * @throws {HttpError} 413 when it is too large, 408 when it takes too long.
   */
  readonly body: () => Promise<string>;
}

/** An answer of the admin API. */
export interface AdminReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A text, or chunks of one that goes on. */
  readonly body: string | AsyncIterable<string>;
}

/** Answers requests; what it throws besides {@link HttpError} is a defect. */
export type Handle = (request: AdminRequest) => Promise<AdminReply>;

/** A request that is refused. */
export class HttpError extends Error {
  // A literal, since a bundler renames classes.
  override readonly name = "HttpError";

  constructor(
    readonly status: number,
    /** For programs: `forbidden`, `not-found`, … */
    readonly code: string,
    message: string,
    readonly options: {
      /** What to do about it. */
      readonly hint?: string | undefined;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
  }
}

/** The one value of a header; `undefined` when there is none, or several. */
export function headerOf(
  { headers }: AdminRequest,
  name: string,
): string | undefined {
  const values = headers.get(name);
  return values?.length === 1 ? values[0] : undefined;
}
