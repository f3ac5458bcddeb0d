import type {
  BackendAddress,
  ProxyEvent,
  ProxyTrouble,
} from "../base/event_proxy.ts";
import type { LinesOf } from "./log_line.ts";

/** Log lines of the reverse proxy. */
export const PROXY_LINES: LinesOf<ProxyEvent> = {
  "proxy-started": ({ port, protocol }) => [
    ["info", "TCP proxy started", { proxy_port: port, protocol }],
  ],
  "proxies-started": ({ count }) => [
    ["info", "All TCP proxies started successfully", { count }],
  ],
  "backend-added": ({ port, backend, total }) => [
    ["info", "Backend added to TCP proxy", {
      proxy_port: port,
      ...addressFields(backend),
      total_backends: total,
    }],
  ],
  "backend-removed": ({ port, backend, total }) => [
    ["info", "Backend removed from TCP proxy", {
      proxy_port: port,
      ...addressFields(backend),
      remaining_backends: total,
    }],
  ],
  "proxy-trouble": ({ port, trouble, backend, error, count }) => {
    const [level, message] = TROUBLES[trouble];
    return [[level, message, {
      proxy_port: port,
      ...(backend === undefined ? {} : addressFields(backend)),
      ...(count === undefined ? {} : { count }),
      ...(error === undefined ? {} : { error }),
    }]];
  },
  "proxy-isolate-lost": ({ why, isSilent, connections }) => [
    ["error", "An isolate of the proxy has ended, another one is started", {
      error: why,
      connections,
      ...(isSilent
        ? { hint: "If clients wait in vain from now on, restart dewy" }
        : {}),
    }],
  ],
  "proxy-isolate-replaced": () => [
    ["info", "An isolate of the proxy was replaced"],
  ],
  "proxy-isolate-not-replaced": ({ error }) => [
    ["error", "Failed to replace an isolate of the proxy, trying again", {
      error,
    }],
  ],
};

const TROUBLES: Readonly<
  Record<ProxyTrouble, readonly ["warn" | "error", string]>
> = {
  "accept-failed": [
    "error",
    "Accepting slows down: raise the limit of open files (ulimit -n)",
  ],
  "no-backend": ["warn", "No backend available"],
  "too-many-connections": [
    "warn",
    "Clients are sent away: raise --proxy-max-connections if they are welcome",
  ],
  "connect-failed": ["error", "Failed to connect to backend"],
  "server-failed": ["error", "The HTTP server of the proxy failed"],
  "access-log-dropped": [
    "warn",
    "Lines of the access log were dropped: whoever reads them is too slow",
  ],
};

function addressFields({ host, port }: BackendAddress) {
  return { backend_host: host, backend_port: port };
}
