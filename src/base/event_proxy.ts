/** Where a backend of the proxy is. */
export interface BackendAddress {
  readonly host: string;
  readonly port: number;
}

/** Something that keeps the proxy from serving clients of a port. */
export type ProxyTrouble =
  | "accept-failed"
  | "no-backend"
  | "too-many-connections"
  | "connect-failed"
  | "server-failed"
  | "access-log-dropped";

/** What happens in the reverse proxy. */
export type ProxyEvent =
  | {
    readonly type: "proxy-started";
    readonly port: number;
    readonly protocol: "http" | "tcp";
  }
  | { readonly type: "proxies-started"; readonly count: number }
  | {
    readonly type: "backend-added";
    readonly port: number;
    readonly backend: BackendAddress;
    /** Backends that the port has now. */
    readonly total: number;
  }
  | {
    readonly type: "backend-removed";
    readonly port: number;
    readonly backend: BackendAddress;
    readonly total: number;
  }
  | {
    readonly type: "proxy-trouble";
    readonly port: number;
    readonly trouble: ProxyTrouble;
    readonly backend?: BackendAddress;
    readonly error?: string;
    /** What was exceeded, or how many were lost. */
    readonly count?: number;
  }
  /** An isolate ended, and its connections with it; another one is started. */
  | {
    readonly type: "proxy-isolate-lost";
    readonly why: string;
    /**
     * Whether it only fell silent. If it hangs, the runtime stops it without
     * closing its ports: clients that the system sends there wait in vain
     * until the process ends.
     */
    readonly isSilent: boolean;
    /** Connections that it had when it last spoke. */
    readonly connections: number;
  }
  | { readonly type: "proxy-isolate-replaced" }
  | { readonly type: "proxy-isolate-not-replaced"; readonly error: string };
