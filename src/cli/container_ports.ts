import { ConfigError } from "../base/errors.ts";

/** One `--port` of `container`: where the proxy listens and where it leads. */
export interface PortMapping {
  readonly proxy: number;
  /** The port in the container; left out when it is to be found out. */
  readonly container?: number;
}

/**
 * Reads what `--port` of `container` takes: `8000` or `8000:8080`.
 *
 * @throws {ConfigError} When there is none, one is malformed, or a proxy port comes twice.
 */
export function parsePortMappings(values: readonly string[]): PortMapping[] {
  if (values.length === 0) {
    throw new ConfigError("--port option is required for container command", {
      hint: 'Write "--port PROXY" or "--port PROXY:CONTAINER"',
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
  const [proxy = "", container, ...more] = value.split(":");
  if (more.length > 0) throw invalid(`"${value}" has more than one ":"`);
  return {
    proxy: parsePort(proxy),
    ...(container === undefined ? {} : { container: parsePort(container) }),
  };
}

function parsePort(text: string): number {
  const port = /^\s*\d+\s*$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw invalid(`port must be a number from 1 to 65535: "${text}"`);
}

function invalid(what: string): ConfigError {
  return new ConfigError(`failed to parse port mappings: ${what}`);
}
