import type { Certificate } from "./http/front.ts";

/** One port that the proxy listens on. */
export interface ProxyPort {
  readonly port: number;
  /** `http` deals out requests, `tcp` connections. */
  readonly protocol: "http" | "tcp";
}

/** What the proxy allows; times in milliseconds. */
export interface ProxyLimits {
  /** How long one backend may take to answer a connection. */
  readonly connectTimeoutMs: number;
  /** How long nothing may move on a connection; 0 for ever. */
  readonly idleTimeoutMs: number;
  /** How long a client may take for the head of a request. */
  readonly headerTimeoutMs: number;
  /** How long a client may pause in the body of a request. */
  readonly bodyTimeoutMs: number;
  /** How long a client waits for a first backend; 0 not at all. */
  readonly holdMs: number;
  /** Clients at once on one port. */
  readonly maxConnections: number;
}

/** The lines of the access log. */
export type AccessLogFormat = "combined" | "json";

/** What a proxy is started with. */
export interface ProxySettings {
  /** Address to listen on; all of the host when left out. */
  readonly hostname?: string;
  readonly ports: readonly ProxyPort[];
  /** Hosts that backends may be on; the isolates reach no other. */
  readonly backendHosts: readonly string[];
  readonly limits: ProxyLimits;
  /** Isolates that share the ports; more than one on Linux only. */
  readonly workers: number;
  /** Addresses and networks of proxies before this one that are believed. */
  readonly trustedProxies: readonly string[];
  /** Tell the backends of TCP ports who the client is, by the PROXY protocol, version 2. */
  readonly proxyProtocol: boolean;
  /** Ends TLS on the HTTP ports. */
  readonly certificate?: Certificate;
  readonly accessLog?: AccessLogFormat;
}

/** The limits that hold when nothing else is said. */
export const DEFAULT_LIMITS: ProxyLimits = {
  connectTimeoutMs: 5_000,
  idleTimeoutMs: 300_000,
  headerTimeoutMs: 30_000,
  bodyTimeoutMs: 60_000,
  holdMs: 0,
  maxConnections: 10_000,
};
