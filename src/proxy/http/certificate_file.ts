import { ConfigError, FilesystemError } from "../../base/errors.ts";
import type { Clock } from "../../base/time.ts";
import {
  type CertificatePaths,
  checkCertificate,
} from "./certificate_check.ts";
import type { Certificate } from "./front.ts";

/** What came of a look at files that have changed. */
export type CertificateChange =
  | { readonly kind: "renewed"; readonly certificate: Certificate }
  /** The one before stays in use. */
  | { readonly kind: "unusable"; readonly error: unknown };

/** What {@link watchCertificate} works with. */
export interface WatchCertificateOptions {
  /** What is in use, as it was read. */
  readonly current: Certificate;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const LOOK_MS = 3_000;
/** No chain is this long, bytes. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads a certificate and its key.
 *
 * @throws {ConfigError} When a file is missing or is not what it should be, or the two do not fit.
 * @throws {FilesystemError} When a file cannot be read.
 */
export async function readCertificate(
  paths: CertificatePaths,
): Promise<Certificate> {
  const certificate = {
    cert: await readPem(paths.cert, "certificate", "--tls-cert"),
    key: await readPem(paths.key, "key", "--tls-key"),
  };
  checkCertificate(certificate, paths);
  return certificate;
}

/**
 * Tells whenever the files hold another certificate, until the signal is
 * aborted. It looks at them now and then: whoever replaces them by way of
 * renames and links, as certbot and Kubernetes do, leaves a watch of the file
 * system at what was there before. Files that are being written are waited for;
 * what is wrong with a pair of files is told once.
 */
export async function* watchCertificate(
  paths: CertificatePaths,
  { current, clock, signal }: WatchCertificateOptions,
): AsyncGenerator<CertificateChange> {
  let known = current;
  // Nobody knows of which state of the files `current` is.
  let judged = "";
  let seen = "";
  for (;;) {
    const now = await stampOf(paths);
    if (now === seen && now !== judged) {
      const change = await look(paths, known);
      // Else they were written meanwhile.
      if (await stampOf(paths) === now) {
        judged = now;
        if (change?.kind === "renewed") known = change.certificate;
        if (change !== undefined) yield change;
      }
    }
    seen = now;
    await clock.delay(LOOK_MS, signal);
    if (signal.aborted) return;
  }
}

async function look(
  paths: CertificatePaths,
  known: Certificate,
): Promise<CertificateChange | undefined> {
  try {
    const certificate = await readCertificate(paths);
    const isKnown = certificate.cert === known.cert &&
      certificate.key === known.key;
    return isKnown ? undefined : { kind: "renewed", certificate };
  } catch (error) {
    return { kind: "unusable", error };
  }
}

/** Says in which state the files are; a link counts as what it leads to. */
async function stampOf({ cert, key }: CertificatePaths): Promise<string> {
  const stamps = await Promise.all([cert, key].map(async (path) => {
    try {
      const { mtime, size, ino } = await Deno.stat(path);
      return `${mtime?.getTime()} ${size} ${ino}`;
    } catch (error) {
      // Whoever reads it finds out more.
      return error instanceof Error ? error.name : "unknown";
    }
  }));
  return stamps.join(", ");
}

async function readPem(
  path: string,
  what: string,
  option: string,
): Promise<string> {
  try {
    const { size } = await Deno.stat(path);
    if (size <= MAX_BYTES) return await Deno.readTextFile(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) {
      throw FilesystemError.wrap(`Cannot read the ${what} "${path}"`, cause);
    }
    throw new ConfigError(`The ${what} "${path}" does not exist`, {
      hint: `Name an existing file with ${option}`,
      cause,
    });
  }
  throw new ConfigError(`The ${what} "${path}" is larger than 1 MiB`, {
    hint: `Name a file in PEM with ${option}`,
  });
}
