import { Code, ConnectError } from "@connectrpc/connect";
import {
  errorMessage,
  SourceError,
  type SourceErrorCode,
} from "../base/errors.ts";
import { retryAfterMs } from "./object_failure.ts";

/** What {@link explainGrpc} knows of the call. */
export interface GrpcCallFacts {
  readonly shownUrl: string;
  readonly tls: boolean;
  readonly timeoutMs: number;
  /** What broke the connection underneath, if anything did. */
  readonly connectionError: unknown;
}

const CODES: Readonly<Partial<Record<Code, SourceErrorCode>>> = {
  [Code.NotFound]: "not-found",
  [Code.Unauthenticated]: "denied",
  [Code.PermissionDenied]: "denied",
  [Code.DeadlineExceeded]: "timeout",
  [Code.InvalidArgument]: "invalid",
  [Code.FailedPrecondition]: "invalid",
  [Code.OutOfRange]: "invalid",
  [Code.Unimplemented]: "invalid",
  [Code.DataLoss]: "invalid",
};

const HINTS: Readonly<Partial<Record<Code, string>>> = {
  [Code.NotFound]: "Publish a version for this platform on the server",
  [Code.Unauthenticated]: "The server must let this host ask",
  [Code.PermissionDenied]: "The server must let this host ask",
  [Code.ResourceExhausted]: "The server asks for fewer calls: raise --interval",
  [Code.Unimplemented]:
    "What listens there does not offer dewy.RegistryService; check host and port",
};

/** A server's own words are shown up to this length. */
const MAX_TEXT = 300;

/** Returns whether the connection should not be used again: it broke, or nothing came through it in time. */
export function isConnectionLost(error: unknown): boolean {
  const { code } = ConnectError.from(error);
  return CODES[code] === undefined || code === Code.DeadlineExceeded;
}

/** Returns what a failed call means for the operator. */
export function explainGrpc(error: unknown, facts: GrpcCallFacts): SourceError {
  const { shownUrl, timeoutMs, connectionError } = facts;
  const failure = ConnectError.from(error);
  const { code } = failure;
  const subject = `Cannot ask registry "${shownUrl}"`;
  if (code === Code.DeadlineExceeded) {
    return new SourceError(
      "timeout",
      `${subject}: no answer in ${timeoutMs / 1000} s`,
      {
        hint: "Check that the server runs and is not overloaded",
        cause: error,
      },
    );
  }
  const spoken = isSpoken(failure);
  const detail = shorten(
    spoken || connectionError === undefined
      ? failure.rawMessage
      : errorMessage(connectionError),
  );
  const hint = spoken
    ? HINTS[code] ?? hintOf(CODES[code])
    : connectionHint(`${failure.rawMessage} ${detail}`, facts);
  return new SourceError(
    CODES[code] ?? "unavailable",
    `${subject}: ${detail || Code[code]}`,
    { hint, retryAfterMs: waitMs(failure.metadata), cause: error },
  );
}

function hintOf(code: SourceErrorCode | undefined): string {
  return code === "invalid"
    ? "The server says what it refuses; see its own log"
    : "The server has a problem of its own; dewy tries again by itself";
}

/**
 * Returns how long the server asks to be left alone: by what gRPC has for it
 * (retry design, gRFC A6), or by the header of a balancer in front of it.
 */
function waitMs(metadata: Headers): number {
  const pushback = metadata.get("grpc-retry-pushback-ms") ?? "";
  return /^[0-9]{1,9}$/.test(pushback)
    ? Number(pushback)
    : retryAfterMs(metadata.get("retry-after"));
}

/** Whether the server itself answered with this error, so that its words count. */
function isSpoken(failure: ConnectError): boolean {
  // A stream that breaks off is given the code "canceled", though nobody cancelled.
  return failure.cause === undefined && failure.code !== Code.Canceled;
}

function connectionHint(text: string, { tls }: GrpcCallFacts): string {
  const usual = "Check host and port, and that the server runs";
  if (!tls) return `${usual}; if it wants TLS, leave out "no-tls=true"`;
  if (/unknown ?issuer|unable to (?:verify|get)|self.signed/i.test(text)) {
    return 'The certificate comes from an authority that is not trusted here: name its file with "ca=/path/to/ca.pem"';
  }
  if (/expired|not ?yet ?valid/i.test(text)) {
    return "The certificate is out of date, or the clock of this host is wrong";
  }
  if (/altname|not valid for|NotValidForName/i.test(text)) {
    return "Use the name that the server's certificate is made for";
  }
  if (/wrong version|InvalidContentType|corrupt|HandshakeFail/i.test(text)) {
    return 'The server may not speak TLS: add "no-tls=true"';
  }
  return usual;
}

function shorten(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, " ").trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}
