import {
  ApplicationError,
  ArtifactError,
  type ArtifactErrorCode,
  ConfigError,
  DewyError,
  FilesystemError,
  SourceError,
  type SourceErrorCode,
} from "../base/errors.ts";

/** What goes to the isolate. */
export type Request =
  | {
    readonly type: "call";
    readonly id: number;
    readonly method: string;
    readonly args: readonly unknown[];
  }
  | { readonly type: "abort"; readonly id: number; readonly reason: unknown }
  | { readonly type: "ping" };

/** What comes from it. */
export type Reply =
  | { readonly type: "result"; readonly id: number; readonly value: unknown }
  | { readonly type: "failure"; readonly id: number; readonly error: unknown }
  | { readonly type: "event"; readonly event: unknown }
  | { readonly type: "pong" };

/** An error on its way: a structured clone would keep its class and its hint from it. */
interface PackedError {
  readonly packedError: true;
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly hint?: string | undefined;
  readonly retryAfterMs?: number;
  readonly stack?: string | undefined;
  readonly cause?: unknown;
}

/** Returns `value` with the errors in it ready to be posted. */
export function pack(value: unknown): unknown {
  if (value instanceof Error) return packError(value);
  if (Array.isArray(value)) return value.map(pack);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, pack(item)]),
  );
}

/** Returns `value` with its packed errors as errors again. */
export function unpack(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpack);
  if (!isPlainObject(value)) return value;
  if (isPackedError(value)) return unpackError(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, unpack(item)]),
  );
}

function packError(error: Error): PackedError {
  const { name, message, stack, cause } = error;
  const packed = {
    packedError: true,
    name,
    message,
    cause: pack(cause),
  } as const;
  if (!(error instanceof DewyError)) return { ...packed, stack };
  const { hint } = error;
  if (error instanceof SourceError) {
    const { code, retryAfterMs } = error;
    return { ...packed, hint, code, retryAfterMs };
  }
  return error instanceof ArtifactError
    ? { ...packed, hint, code: error.code }
    : { ...packed, hint };
}

function unpackError(packed: PackedError): Error {
  const { name, message, stack, hint, code = "", retryAfterMs = 0 } = packed;
  const cause = unpack(packed.cause);
  const options = {
    ...(cause === undefined ? {} : { cause }),
    ...(hint === undefined ? {} : { hint }),
  };
  switch (name) {
    case "ConfigError":
      return new ConfigError(message, options);
    case "SourceError":
      return new SourceError(code as SourceErrorCode, message, {
        ...options,
        retryAfterMs,
      });
    case "ArtifactError":
      return new ArtifactError(code as ArtifactErrorCode, message, options);
    case "FilesystemError":
      return new FilesystemError(message, options);
    case "ApplicationError":
      return new ApplicationError(message, options);
    default: {
      const error = new Error(message, options);
      error.name = name;
      if (stack !== undefined) error.stack = stack;
      return error;
    }
  }
}

function isPackedError(value: object): value is PackedError {
  return "packedError" in value && value.packedError === true;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
}
