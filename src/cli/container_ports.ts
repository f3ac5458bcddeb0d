import { ConfigError } from "../base/errors.ts";

const MAPPING = /^([^/]*)(?:\/(.*))?$/s;

/** One `--port` of `container`: where the proxy listens and where it leads. */
export interface PortMapping {
  readonly proxy: number;
  /** The port in the container; left out when it is to be found out. */
  readonly container?: number;
  /** Whether requests or connections are dealt out. */
  readonly protocol: "http" | "tcp";
}

/**
 * Reads what `--port` of `container` takes: `8000`, `8000:8080`, or
 * `9090:50051/tcp` for anything that is not HTTP.
 *
 * @throws {ConfigError} When there is none, one is malformed, or a proxy port comes twice.
 */
export function parsePortMappings(values: readonly string[]): PortMapping[] {
  if (values.length === 0) {
    throw new ConfigError("--port option is required for container command", {
      hint:
        'Write "--port PROXY" or "--port PROXY:CONTAINER"; "/tcp" after it for anything that is not HTTP',
    });
  }
  const mappings = values.map(parseMapping);
  const seen = new Set<number>();
  for (const { proxy } of mappings) {
    if (seen.has(proxy)) throw invalid(`duplicate proxy port: ${proxy}`);
    seen.add(proxy);
  }
  return mappings;
}

function parseMapping(value: string): PortMapping {
  const [, ports = "", suffix = "http"] = MAPPING.exec(value) ?? [];
  const [proxy = "", container, ...more] = ports.split(":");
  if (more.length > 0) throw invalid(`"${value}" has more than one ":"`);
  return {
    proxy: parsePort(proxy),
    protocol: parseProtocol(suffix),
    ...(container === undefined ? {} : { container: parsePort(container) }),
  };
}

function parseProtocol(text: string): PortMapping["protocol"] {
  if (text === "http" || text === "tcp") return text;
  throw invalid(`protocol must be "http" or "tcp": "${text}"`);
}

function parsePort(text: string): number {
  const port = /^\s*\d+\s*$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw invalid(`port must be a number from 1 to 65535: "${text}"`);
}

function invalid(what: string): ConfigError {
  return new ConfigError(`failed to parse port mappings: ${what}`);
}
