/** An address that dewy itself listens on and hands to the workers. */
export type ListenAddress =
  | {
    readonly kind: "tcp";
    /** As given, for `SERVER_STARTER_PORT`: `8000`, `127.0.0.1:8000`. */
    readonly spec: string;
    /** IPv4 or IPv6 address; all IPv4 addresses when left out. */
    readonly host: string | undefined;
    readonly port: number;
  }
  | { readonly kind: "unix"; readonly spec: string; readonly path: string };
