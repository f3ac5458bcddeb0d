import { cutText } from "../base/cut_text.ts";
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
import { oneOf, optional, ShapeError, text } from "./check.ts";

/** What a registry can fail with. */
export const SOURCE_CODES: readonly SourceErrorCode[] = [
  "unavailable",
  "not-found",
  "denied",
  "invalid",
  "timeout",
];

const ARTIFACT_CODES: readonly ArtifactErrorCode[] = [
  "checksum",
  "length",
  "too-large",
  "corrupt",
  "refused",
  "unsupported",
];

/** No event and no error holds longer lists. */
const MAX_ITEMS = 1_000;

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

/**
 * Returns `value` with its packed errors as errors again.
 *
 * @throws {TypeError} When it is none that {@link pack} makes.
 */
export function unpack(value: unknown): unknown {
  if (Array.isArray(value)) {
    if (value.length > MAX_ITEMS) throw new TypeError("A list is too long");
    return value.map(unpack);
  }
  if (!isPlainObject(value)) return value;
  if (isPackedError(value)) return unpackError(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, unpack(item)]),
  );
}

/** What others wrote into an error may have any length, and is cut: the reader refuses long texts. */
function packError(error: Error): PackedError {
  const { name, message, stack, cause } = error;
  const packed = {
    packedError: true,
    name: cutText(name),
    message: cutText(message),
    cause: pack(cause),
  } as const;
  if (!(error instanceof DewyError)) {
    return { ...packed, stack: stack && cutText(stack) };
  }
  const hint = error.hint && cutText(error.hint);
  if (error instanceof SourceError) {
    const { code, retryAfterMs } = error;
    return { ...packed, hint, code, retryAfterMs };
  }
  return error instanceof ArtifactError
    ? { ...packed, hint, code: error.code }
    : { ...packed, hint };
}

function unpackError(packed: PackedError): Error {
  const { stack, code = "", retryAfterMs = 0 } = packed;
  const name = text(packed.name, "name");
  const message = text(packed.message, "message");
  const hint = optional(text)(packed.hint, "hint");
  const cause = unpack(packed.cause);
  const options = {
    ...(cause === undefined ? {} : { cause }),
    ...(hint === undefined ? {} : { hint }),
  };
  switch (name) {
    case "ConfigError":
      return new ConfigError(message, options);
    case "SourceError":
      return new SourceError(oneOf(SOURCE_CODES)(code, "code"), message, {
        ...options,
        retryAfterMs: duration(retryAfterMs),
      });
    case "ArtifactError":
      return new ArtifactError(
        oneOf(ARTIFACT_CODES)(code, "code"),
        message,
        options,
      );
    case "FilesystemError":
      return new FilesystemError(message, options);
    case "ApplicationError":
      return new ApplicationError(message, options);
    default: {
      const error = new Error(message, options);
      error.name = name;
      if (stack !== undefined) error.stack = text(stack, "stack");
      return error;
    }
  }
}

function duration(ms: unknown): number {
  if (typeof ms === "number" && ms >= 0 && ms < Infinity) return ms;
  throw new ShapeError("retryAfterMs is no duration");
}

function isPackedError(value: object): value is PackedError {
  return "packedError" in value && value.packedError === true;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
}
