import { SourceError, type SourceErrorCode } from "../base/errors.ts";
import { readStart } from "../base/read_text.ts";
import { retryAfterMs } from "./object_failure.ts";

/** A registry that limits requests without a word for how long is left alone so long, milliseconds. */
const DEFAULT_WAIT_MS = 60_000;
/** No error is told at greater length, bytes. */
const MAX_ERROR_BYTES = 64 * 1024;

/** What was asked of whom. */
export interface OciQuestion {
  /** As it reads after "Cannot": `list the tags of "ghcr.io/acme/web"`. */
  readonly what: string;
  /** What to do when it is denied. */
  readonly deniedHint: string;
}

/**
 * Returns the error for an answer that is no success. Its body is read for the
 * registry's own name of the error (distribution-spec, "Error Codes") and given up.
 */
export async function explainAnswer(
  response: Response,
  question: OciQuestion,
): Promise<SourceError> {
  const { status, headers } = response;
  const reason = await reasonOf(response);
  const because = reason === undefined ? "" : ` (${reason})`;
  const message = `Cannot ${question.what}: status ${status}${because}`;
  const waitMs = retryAfterMs(headers.get("retry-after")) ||
    (status === 429 ? DEFAULT_WAIT_MS : 0);
  return new SourceError(codeOf(status), message, {
    hint: hintOf(status, question),
    retryAfterMs: status === 429 || status === 503 ? waitMs : 0,
  });
}

function codeOf(status: number): SourceErrorCode {
  if (status === 401 || status === 403) return "denied";
  if (status === 404) return "not-found";
  return status === 429 || status >= 500 ? "unavailable" : "invalid";
}

function hintOf(status: number, { deniedHint }: OciQuestion): string {
  if (status === 401 || status === 403) return deniedHint;
  if (status === 404) {
    return "Check the name; what one may not see often looks as if it did not exist";
  }
  if (status === 429) {
    return "The registry asks for fewer requests: raise --interval, or log in";
  }
  return status >= 500
    ? "The registry has a problem of its own; dewy tries again by itself"
    : "Check that the address is that of a container registry";
}

/** What a registry says besides is not repeated: it can be anything. */
async function reasonOf({ body }: Response): Promise<string | undefined> {
  if (body === null) return undefined;
  try {
    const { bytes } = await readStart(body, MAX_ERROR_BYTES);
    const text = new TextDecoder().decode(bytes);
    return /"code"\s*:\s*"([A-Z_]{3,40})"/.exec(text)?.[1];
  } catch {
    // The status says enough; that the rest did not arrive is no news.
    return undefined;
  }
}
