/** One request that was served, for the access log. */
export interface ServedRequest {
  readonly request: Request;
  readonly method: string;
  /** Whether it came over HTTP/2. */
  readonly isHttp2: boolean;
  readonly address: string;
  readonly status: number;
  /** Bytes of the body of the answer. */
  readonly bytes: number;
  readonly durationMs: number;
  /** The backend that answered; none when the proxy did. */
  readonly backend: string | undefined;
}
