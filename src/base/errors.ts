/** What kind of thing failed; it decides the exit code. */
export type ErrorKind = "config" | "source" | "filesystem" | "application";

/** The exit code of `dewy` for each kind of failure. */
export const EXIT_CODES: Readonly<Record<ErrorKind, number>> = {
  config: 1,
  source: 2,
  filesystem: 3,
  application: 4,
};

/** Options every {@link DewyError} takes. */
export interface DewyErrorOptions {
  /** What the operator can do about it, as a sentence. */
  readonly hint?: string;
  /** The failure underneath. */
  readonly cause?: unknown;
}

/**
 * A failure that dewy expects and can explain: `message` says what could not be
 * done and on what, `hint` what to do next. Anything else that is thrown is a
 * defect of dewy itself.
 */
export abstract class DewyError extends Error {
  // A literal, since a bundler renames classes.
  abstract override readonly name: string;
  abstract readonly kind: ErrorKind;
  readonly hint: string | undefined;

  constructor(message: string, options: DewyErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.hint = options.hint;
  }
}

/** The user asked for something that cannot be: a wrong flag, URL or value. Exit code 1. */
export class ConfigError extends DewyError {
  override readonly name = "ConfigError";
  readonly kind = "config";
}

/** What made a registry or a network address unusable. */
export type SourceErrorCode =
  | "unavailable"
  | "not-found"
  | "denied"
  | "invalid"
  | "timeout";

/** Options a {@link SourceError} takes. */
export interface SourceErrorOptions extends DewyErrorOptions {
  /** How long the source asks to be left alone, milliseconds. */
  readonly retryAfterMs?: number;
}

/** A registry, artifact source or network address could not be used. Exit code 2. */
export class SourceError extends DewyError {
  override readonly name = "SourceError";
  readonly kind = "source";
  /** How long the source asks to be left alone, milliseconds from when this was thrown; 0 when it does not say. */
  readonly retryAfterMs: number;
  constructor(
    readonly code: SourceErrorCode,
    message: string,
    options: SourceErrorOptions = {},
  ) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

/** Why an artifact was refused. */
export type ArtifactErrorCode =
  /** The bytes do not have the published checksum, or none is published and one is required. */
  | "checksum"
  /** Shorter or longer than announced. */
  | "length"
  /** A size, count or depth limit was passed. */
  | "too-large"
  /** The archive cannot be read to its end. */
  | "corrupt"
  /** The archive would write outside its folder, or holds what no release may hold. */
  | "refused"
  /** No reader for this kind of file. */
  | "unsupported";

/**
 * The bytes of a release are bad: fetching the same bytes again cannot help, so
 * the version is quarantined. Exit code 2.
 */
export class ArtifactError extends DewyError {
  override readonly name = "ArtifactError";
  readonly kind = "source";
  constructor(
    readonly code: ArtifactErrorCode,
    message: string,
    options?: DewyErrorOptions,
  ) {
    super(message, options);
  }
}

/** A file or folder of this host could not be read or written. Exit code 3. */
export class FilesystemError extends DewyError {
  override readonly name = "FilesystemError";
  readonly kind = "filesystem";

  /** Wraps what the system threw, with a hint for the causes an operator can act on. */
  static wrap(message: string, cause: unknown): FilesystemError {
    const hint = filesystemHint(cause);
    return new FilesystemError(
      message,
      hint === undefined ? { cause } : { cause, hint },
    );
  }
}

/** The managed program or a hook did not do what it must. Exit code 4. */
export class ApplicationError extends DewyError {
  override readonly name = "ApplicationError";
  readonly kind = "application";
}

function filesystemHint(cause: unknown): string | undefined {
  const code = systemErrorCode(cause);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return "The disk is full: free space, then dewy retries by itself";
  }
  if (code === "EROFS") {
    return "The file system is read-only: remount it writable";
  }
  if (code === "EACCES" || code === "EPERM") {
    return "Check owner and mode of the folder, and the user dewy runs as";
  }
  if (code === "EMFILE" || code === "ENFILE") {
    return "Too many open files: raise the limit (ulimit -n, LimitNOFILE=)";
  }
  return undefined;
}

/** Returns the `errno` name (`ENOSPC`) of what a file operation threw, if it has one. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return code;
  if (error instanceof Deno.errors.PermissionDenied) return "EACCES";
  if (error instanceof Deno.errors.NotFound) return "ENOENT";
  return error.cause === undefined ? undefined : systemErrorCode(error.cause);
}

/** Returns what `error` says, without its class name. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
