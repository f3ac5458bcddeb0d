import { SourceError } from "../base/errors.ts";
import { readStart } from "../base/read_text.ts";

/** What comes with an error has a few hundred bytes. */
const MAX_ERROR_BYTES = 64 * 1024;
/** A page of a listing holds a thousand keys of up to 1,024 bytes, each of which takes up to six in XML. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Returns an answer that the SDK may read whole; it does so with all but the bytes of an object. */
export async function withBoundedBody(
  response: Response,
  { searchParams }: URL,
): Promise<Response> {
  const { body } = response;
  if (body === null) return response;
  if (!response.ok) return await withShortError(response, body);
  if (searchParams.get("x-id") === "GetObject") return response;
  return withBody(response, body.pipeThrough(bounded(MAX_ANSWER_BYTES)));
}

/**
 * Leaves only S3's own word on an error: the SDK fails over a page of a proxy's
 * and forgets the status. A 404 keeps its page, since it would read as a missing
 * object without.
 */
async function withShortError(
  response: Response,
  body: ReadableStream<Uint8Array>,
): Promise<Response> {
  const { bytes, isWhole } = await readStart(body, MAX_ERROR_BYTES);
  const isOwn = isWhole && /<Error[\s>]/.test(new TextDecoder().decode(bytes));
  const isKept = bytes.length > 0 && (isOwn || response.status === 404);
  return withBody(response, isKept ? bytes : null);
}

function withBody(
  { status, statusText, headers }: Response,
  body: BodyInit | null,
): Response {
  return new Response(body, { status, statusText, headers });
}

function bounded(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let length = 0;
  return new TransformStream({
    transform(part, controller) {
      length += part.length;
      if (length > maxBytes) {
        throw new SourceError(
          "invalid",
          `The answer is larger than ${maxBytes / 1024 / 1024} MiB`,
          { hint: "No storage service gives such an answer: see who does" },
        );
      }
      controller.enqueue(part);
    },
  });
}
