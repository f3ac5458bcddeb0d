import { resolve } from "node:path";
import {
  DOCKER_HUB,
  isLoopbackHost,
  parseImageRepository,
} from "../base/image_reference.ts";

/** What a driver has to reach. */
export interface DriverNeeds {
  /** Hosts, with a port where it is known; `*.example.com` for all below it. */
  readonly net: readonly string[];
  /** Files and folders. */
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Environment variables; `AWS_*` for all that begin so. */
  readonly env: readonly string[];
  readonly sys: readonly SysKind[];
  /** Variables that it is handed as values, and need not read from the process. */
  readonly handedOver: readonly string[];
}

type SysKind = Extract<
  Deno.PermissionOptionsObject["sys"],
  readonly unknown[]
>[number];
type Env = Readonly<Record<string, string>>;
type NeedsOf = (url: URL, env: Env) => Partial<DriverNeeds>;

/** What each driver needs, by the scheme of its URL. */
export const DRIVER_NEEDS: Readonly<Record<string, NeedsOf>> = {
  file: (url) => ({ read: pathOf(url), write: pathOf(url) }),
  ghr: (_url, env) => github(env),
  s3: (url, env) => s3(env, optionOf(url, "endpoint")),
  gs: (_url, env) => gcs(env),
  grpc: (url, env) => ({
    ...union([github(env), s3(env), gcs(env)]),
    net: [
      withPort(url.host, 443),
      withPort(url.host, 80),
      ...union([github(env), s3(env), gcs(env)]).net,
    ],
    read: [
      ...present([optionOf(url, "ca")]),
      ...union([github(env), s3(env), gcs(env)]).read,
    ],
  }),
  // Its credentials are looked up by the supervisor.
  img: (url) => ({
    net: imageHosts(url),
    read: present([optionOf(url, "ca")]),
  }),
};

/** Where registries send for tokens or listings, if not to themselves. */
const REGISTRY_NEIGHBOURS: Readonly<Record<string, readonly string[]>> = {
  [DOCKER_HUB]: ["auth.docker.io:443"],
  "registry.gitlab.com": ["gitlab.com:443"],
  "registry.digitalocean.com": ["api.digitalocean.com:443"],
  "registry.k8s.io": ["*.pkg.dev:443"],
};

function imageHosts(url: URL): readonly string[] {
  const place = parseImageRepository(url.host + url.pathname);
  // What names no repository is refused by its opener.
  if ("problem" in place) return [];
  const { registry } = place;
  const insecure = optionOf(url, "insecure");
  const isPlain = insecure === undefined
    ? isLoopbackHost(registry)
    : /^(1|t|true|on)$/i.test(insecure);
  const neighbours = Object.hasOwn(REGISTRY_NEIGHBOURS, registry)
    ? REGISTRY_NEIGHBOURS[registry] ?? []
    : [];
  return [withPort(registry, isPlain ? 80 : 443), ...neighbours];
}

/** Where a machine at AWS (over IPv4 or IPv6, as AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE says), or a task on ECS and EKS, asks for its credentials. */
const AWS_METADATA = [
  "169.254.169.254:80",
  "[fd00:ec2::254]:80",
  "169.254.170.2:80",
  "169.254.170.23:80",
];

const GITHUB_STORAGE = ["*.githubusercontent.com:443", "*.github.com:443"];

function github(env: Env): DriverNeeds {
  const base = env["GITHUB_API_URL"] || env["GITHUB_ENDPOINT"];
  const isPublic = base === undefined || base === "" ||
    /^https:\/\/api\.github\.com(\/|$)/.test(base);
  const net = isPublic
    ? ["api.github.com:443", "uploads.github.com:443", ...GITHUB_STORAGE]
    // Where the API is `api.HOST`, uploads go to `uploads.HOST`.
    : hostsOf([base, base.replace("://api.", "://uploads.")]);
  return {
    net: [...new Set(net)],
    read: present([env["GITHUB_APP_PRIVATE_KEY_PATH"]]),
    write: [],
    env: [],
    sys: [],
    handedOver: ["GITHUB_*", "GH_TOKEN"],
  };
}

function s3(env: Env, endpoint?: string): DriverNeeds {
  const home = env["HOME"] ?? "/root";
  const custom = hostsOf([
    endpoint,
    env["AWS_ENDPOINT_URL"],
    env["AWS_ENDPOINT_URL_S3"],
    env["AWS_ENDPOINT_URL_STS"],
    env["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
    env["AWS_EC2_METADATA_SERVICE_ENDPOINT"],
  ]);
  return {
    net: [
      ...custom,
      "*.amazonaws.com:443",
      "*.amazonaws.com.cn:443",
      ...AWS_METADATA,
    ],
    read: present([
      env["AWS_SHARED_CREDENTIALS_FILE"] ?? `${home}/.aws`,
      env["AWS_CONFIG_FILE"] ?? `${home}/.aws`,
      env["AWS_WEB_IDENTITY_TOKEN_FILE"],
      env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"],
      env["AWS_CA_BUNDLE"],
    ]),
    write: [],
    env: [
      "AWS_*",
      "HOME",
      "HOMEPATH",
      "HOMEDRIVE",
      "USERPROFILE",
      "_X_AMZN_TRACE_ID",
    ],
    sys: ["osRelease", "homedir", "uid"],
    handedOver: [],
  };
}

function gcs(env: Env): DriverNeeds {
  const home = env["HOME"] ?? "/root";
  const emulator = env["STORAGE_EMULATOR_HOST"];
  const metadata = env["GCE_METADATA_HOST"];
  return {
    net: [
      ...hostsOf([emulator, metadata]),
      "*.googleapis.com:443",
      "metadata.google.internal:80",
      "metadata.google.internal.:80",
      "169.254.169.254:80",
    ],
    read: present([
      env["GOOGLE_APPLICATION_CREDENTIALS"],
      `${home}/.config/gcloud`,
    ]),
    write: [],
    env: [
      "GOOGLE_*",
      "GCE_*",
      "GCLOUD_*",
      "CLOUDSDK_*",
      "CLOUD_RUN_*",
      "DETECT_GCP_RETRIES",
      "K_SERVICE",
      "METADATA_SERVER_DETECTION",
      "FUNCTION_*",
      "DEBUG",
      "HOME",
      "NODE_DEBUG",
      "READABLE_STREAM",
      "STORAGE_EMULATOR_HOST",
      "TEENY_*",
      "HTTP_PROXY",
      "HTTPS_PROXY",
      "NO_PROXY",
      "http_proxy",
      "https_proxy",
      "no_proxy",
    ],
    sys: ["networkInterfaces", "osRelease", "homedir"],
    handedOver: [],
  };
}

/** Options are read whatever the case of their name, as the drivers do. */
function optionOf(url: URL, wanted: string): string | undefined {
  for (const [name, value] of url.searchParams) {
    if (name.toLowerCase() === wanted) return value;
  }
  return undefined;
}

/** Returns the needs of several drivers together. */
export function union(
  needs: readonly Partial<DriverNeeds>[],
): DriverNeeds {
  const all = <K extends keyof DriverNeeds>(key: K) => [
    ...new Set(needs.flatMap((need) => need[key] ?? [])),
  ];
  return {
    net: all("net") as string[],
    read: all("read") as string[],
    write: all("write") as string[],
    env: all("env") as string[],
    sys: all("sys") as SysKind[],
    handedOver: all("handedOver") as string[],
  };
}

/** Returns host and port of each URL or `host:port`; what is left out or cannot be read is passed over. */
function hostsOf(urls: readonly (string | undefined)[]): string[] {
  return urls.flatMap((text) => {
    if (text === undefined || text === "") return [];
    const url = /^https?:\/\//.test(text) ? text : `http://${text}`;
    if (!URL.canParse(url)) return [];
    const { host, protocol } = new URL(url);
    return [withPort(host, protocol === "https:" ? 443 : 80)];
  });
}

function withPort(host: string, port: number): string {
  return /:\d+$/.test(host) ? host : `${host}:${port}`;
}

/** Returns the folder of a URL, none when its opener will refuse it. */
function pathOf({ pathname }: URL): string[] {
  try {
    const path = decodeURIComponent(pathname);
    return path.includes("\0") ? [] : [resolve(path)];
  } catch (error) {
    if (error instanceof URIError) return [];
    throw error;
  }
}

function present(values: readonly (string | undefined)[]): string[] {
  return values.filter((value) => value !== undefined && value !== "")
    .map((value) => resolve(value ?? ""));
}
