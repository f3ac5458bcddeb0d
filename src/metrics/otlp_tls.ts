import { FilesystemError } from "../base/errors.ts";
import type { OtlpSettings } from "./otlp_settings.ts";

/** What a TLS connection to a collector is made with, in PEM. */
export interface OtlpTls {
  /** Authorities that are trusted; left out when the runtime's own are. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Where systems keep the authorities that they trust: Debian, Red Hat, SUSE, Alpine and macOS. */
const SYSTEM_ROOTS = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * Reads what TLS needs; nothing for a connection without it.
 *
 * @param roots A file with authorities in the place of the system's (`SSL_CERT_FILE`).
 * @throws {FilesystemError} When a file that was named cannot be read.
 */
export async function readOtlpTls(
  { url, files: { ca, cert, key } }: OtlpSettings,
  roots: string | undefined,
): Promise<OtlpTls> {
  if (!url.startsWith("https:")) return {};
  const named = ca ?? roots;
  const trusted = named === undefined
    ? await readFirst(SYSTEM_ROOTS)
    : await read(named);
  return {
    ...(trusted === undefined ? {} : { ca: trusted }),
    ...(cert === undefined ? {} : { cert: await read(cert) }),
    ...(key === undefined ? {} : { key: await read(key) }),
  };
}

async function read(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw FilesystemError.wrap(
      `Cannot read "${path}", which TLS to the collector needs`,
      error,
    );
  }
}

async function readFirst(
  paths: readonly string[],
): Promise<string | undefined> {
  for (const path of paths) {
    try {
      return await Deno.readTextFile(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}
