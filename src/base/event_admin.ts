/** What happens at the admin API. */
export type AdminEvent =
  /** dewy goes on without the Unix socket. */
  | {
    readonly type: "admin-socket-unusable";
    readonly path: string;
    readonly error: Error;
  }
  /** Somebody asked for an action, and was not refused. */
  | {
    readonly type: "operator-acted";
    readonly action: string;
    /** By the Unix socket, or over TCP with the token. */
    readonly door: "socket" | "tcp";
    readonly result: string;
    readonly version: string | undefined;
  }
  /** Too many tokens were wrong; for a while none is looked at. */
  | { readonly type: "admin-token-locked" }
  | { readonly type: "admin-defect"; readonly error: Error };
