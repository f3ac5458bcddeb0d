/** What the access log says of anything that was answered. */
interface Served {
  readonly address: string;
  /** Whether it came over HTTP/2. */
  readonly isHttp2: boolean;
  readonly status: number;
  /** Bytes of the body of the answer. */
  readonly bytes: number;
  readonly durationMs: number;
}

/** One request that was served, for the access log. */
export interface ServedRequest extends Served {
  readonly request: Request;
  readonly method: string;
  /** The backend that answered; none when the proxy did. */
  readonly backend: string | undefined;
}

/** What was refused before it could be read as a request, for the access log. */
export interface UnreadRequest extends Served {
  /** What came in the place of a request line, one character for each byte; empty when nothing did. */
  readonly line: string;
}
