import { ISOLATE_V8_FLAGS } from "../../src/proxy/isolate.ts";
import { fileURLToPath } from "node:url";

const RUNNER = fileURLToPath(new URL("proxy_runner.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

/** Where a proxy listens, what it fronts, and a file for its configuration. */
export interface Place {
  readonly port: number;
  readonly backendPort: number;
  readonly folder: string;
  /** Files of what it ends TLS with, if it does. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

/** How a program is started. */
export interface Launch {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files to write before, by name in the folder. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A proxy that takes part. */
export interface Peer {
  readonly name: string;
  /** Peers are compared within their plane. */
  readonly plane: "tcp" | "http" | "https";
  launch(place: Place): Launch;
}

/** Those that others of their plane are compared with. */
export const BASELINES = {
  tcp: "HAProxy, tcp",
  http: "Caddy",
  https: "Caddy",
} as const;

/** All on one thread, with connections to the backend kept, and without logs. */
export const PEERS: readonly Peer[] = [
  { name: "HAProxy, tcp", plane: "tcp", launch: haproxy("tcp") },
  { name: "dewy, tcp", plane: "tcp", launch: dewy("tcp") },
  { name: "Caddy", plane: "http", launch: caddy },
  { name: "dewy, http", plane: "http", launch: dewy("http") },
  { name: "HAProxy, http", plane: "http", launch: haproxy("http") },
  { name: "nginx", plane: "http", launch: nginx },
];

/** The same with TLS, over which clients may speak HTTP/2. */
export const TLS_PEERS: readonly Peer[] = [
  { name: "Caddy", plane: "https", launch: caddy },
  { name: "dewy", plane: "https", launch: dewy("https") },
  { name: "nginx", plane: "https", launch: nginx },
];

/** The server behind all of them. */
export function backend(folder: string, port: number): Launch {
  return nginxLaunch(
    folder,
    "backend.conf",
    `
    server {
      listen 127.0.0.1:${port} backlog=4096;
      root ${folder}/www;
      location = /small { return 200 "hello, world\\n"; }
    }`,
  );
}

function dewy(plane: string): Peer["launch"] {
  return ({ port, backendPort, certificate: pair }) => ({
    command: [
      Deno.execPath(),
      ...["run", "-A", "--config", CONFIG],
      // As the isolates that serve have it, whatever dewy itself has.
      `--v8-flags=${ISOLATE_V8_FLAGS}`,
      ...[RUNNER, plane, `${port}`, `${backendPort}`],
      ...(pair === undefined ? [] : ["{}", pair.cert, pair.key]),
    ],
  });
}

function nginx(place: Place): Launch {
  const { folder, port, backendPort, certificate: pair } = place;
  const tls = pair === undefined
    ? ""
    : `ssl_certificate ${pair.cert}; ssl_certificate_key ${pair.key};`;
  return nginxLaunch(
    folder,
    "nginx.conf",
    `
    proxy_max_temp_file_size 0;
    upstream backend {
      server 127.0.0.1:${backendPort};
      keepalive 512;
      keepalive_requests 1000000000;
    }
    server {
      listen 127.0.0.1:${port} ${tls && "ssl http2"} backlog=4096;
      ${tls}
      location / {
        proxy_pass http://backend;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
      }
    }`,
  );
}

function nginxLaunch(folder: string, name: string, http: string): Launch {
  const config = `${folder}/${name}`;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${config}.${kind};`).join("\n");
  return {
    command: ["nginx", "-e", `${config}.log`, "-c", config],
    files: {
      [name]: `
daemon off;
worker_processes 1;
pid ${config}.pid;
error_log ${config}.log;
events { worker_connections 8192; }
http {
  access_log off;
  sendfile on;
  keepalive_requests 1000000000;
  ${temporary}
  ${http}
}
`,
    },
  };
}

function haproxy(mode: "tcp" | "http"): Peer["launch"] {
  return ({ folder, port, backendPort }) => ({
    command: ["haproxy", "-q", "-db", "-f", `${folder}/haproxy-${mode}.cfg`],
    files: {
      [`haproxy-${mode}.cfg`]: `
global
  nbthread 1
  maxconn 8192
defaults
  mode ${mode}
  ${mode === "http" ? "http-reuse always" : ""}
  timeout connect 5s
  timeout client 300s
  timeout server 300s
frontend front
  bind 127.0.0.1:${port} backlog 4096
  default_backend back
backend back
  server backend 127.0.0.1:${backendPort}
`,
    },
  });
}

function caddy(place: Place): Launch {
  const { folder, port, backendPort, certificate: pair } = place;
  const site = pair === undefined
    ? `http://127.0.0.1:${port} {`
    : `https://localhost:${port} {
  bind 127.0.0.1
  tls ${pair.cert} ${pair.key}`;
  return {
    command: [
      ...["caddy", "run", "--adapter", "caddyfile"],
      ...["--config", `${folder}/Caddyfile`],
    ],
    env: { GOMAXPROCS: "1", HOME: folder },
    files: {
      "Caddyfile": `
{
  admin off
  auto_https off
  log {
    level ERROR
  }
}
${site}
  reverse_proxy 127.0.0.1:${backendPort} {
    transport http {
      keepalive_idle_conns_per_host 512
    }
  }
}
`,
    },
  };
}
