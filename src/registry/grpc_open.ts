import { ConfigError } from "../base/errors.ts";
import type { VersionRules } from "../base/release.ts";
import { booleanOption, describeUrl, type DriverUrl } from "../base/url.ts";
import { GrpcClient } from "../client/grpc.ts";
import { readCaOption } from "./ca_option.ts";
import { GrpcRegistry } from "./grpc.ts";
import type { OpenRegistryOptions } from "./open_registry.ts";

const ADDRESS =
  /^(?<host>\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]|[\w.-]+)(?::(?<port>[0-9]{1,5}))?$/;

/**
 * Returns the registry behind `grpc://host:port`; the port is 443 when left
 * out, or 80 without TLS. Nothing is connected yet.
 *
 * @throws {ConfigError} When the address or an option is bad.
 * @throws {FilesystemError} When the file of `ca` cannot be read.
 */
export async function openGrpc(
  url: DriverUrl,
  options: OpenRegistryOptions & { readonly rules: VersionRules },
): Promise<GrpcRegistry> {
  if (url.options.has("pre-release")) {
    throw bad(
      url,
      'option "pre-release" is unknown',
      "The server chooses the version, pre-releases too",
    );
  }
  const tls = !booleanOption(url, "no-tls");
  const ca = await readCa(url, tls);
  const artifact = url.options.get("artifact");
  return new GrpcRegistry({
    url: url.text,
    client: new GrpcClient({
      address: addressOf(url, tls),
      tls,
      shownUrl: describeUrl(url.text),
      timeoutMs: options.limits?.answerMs,
      ...(ca === undefined ? {} : { ca }),
    }),
    rules: { ...options.rules, preRelease: true, chosenByServer: true },
    platform: options.platform,
    ...(artifact === undefined ? {} : { artifact }),
    ...(options.now === undefined ? {} : { now: options.now }),
  });
}

function addressOf(url: DriverUrl, tls: boolean): string {
  const { host, port = tls ? "443" : "80" } = ADDRESS.exec(url.host)?.groups ??
    {};
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw bad(url, "no valid host", "Write grpc://host:port");
  }
  if (url.path !== "" && url.path !== "/") {
    throw bad(url, `path "${url.path}" has no meaning`, "Leave the path out");
  }
  return `${host}:${port}`;
}

async function readCa(
  url: DriverUrl,
  tls: boolean,
): Promise<string | undefined> {
  if (!tls && url.options.has("ca")) {
    throw bad(url, '"ca" and "no-tls" exclude each other', "Leave one out");
  }
  return await readCaOption(url);
}

function bad(url: DriverUrl, problem: string, hint: string): ConfigError {
  const shown = describeUrl(url.text);
  return new ConfigError(`Cannot open registry "${shown}": ${problem}`, {
    hint,
  });
}
