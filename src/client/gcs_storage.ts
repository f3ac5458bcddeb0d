import { Storage } from "@google-cloud/storage";
import { abortable } from "../base/abortable.ts";
import { SourceError } from "../base/errors.ts";
import { readStart, readText } from "../base/read_text.ts";
import type { TransferLimits } from "../base/transfer_limits.ts";
import { TransferWatch } from "../base/transfer_watch.ts";
import { retryAfterMs } from "./object_failure.ts";

/** Where Google Cloud Storage is, and who asks it. */
export interface GcsAccess {
  /** dewy's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Base URL in place of Google's; `STORAGE_EMULATOR_HOST` when left out. */
  readonly endpoint?: string;
  /** Whether credentials are sent. @default only where no emulator is named. */
  readonly authorize?: boolean;
  readonly limits?: TransferLimits | undefined;
}

/** Google Cloud Storage answered with a status that is no success. */
export class GcsAnswerError extends Error {
  override readonly name = "GcsAnswerError";
  constructor(
    /** HTTP status; the SDK reads it under this name. */
    readonly code: number,
    message: string,
    readonly retryAfterMs: number,
  ) {
    super(message);
  }
}

/** There are no credentials, or they were refused where a token is to be had for them. */
export class GcsCredentialsError extends Error {
  override readonly name = "GcsCredentialsError";
}

type RequestOptions = Parameters<Storage["request"]>[0];
type RequestCallback = Parameters<Storage["request"]>[1];
/** Sends one request of the SDK. */
type Send = (request: RequestOptions) => Promise<unknown>;

/** The SDK with dewy's own way to send: its own one cannot be aborted and has no time limit. */
class SentStorage extends Storage {
  readonly #send: Send;

  constructor(authClient: Storage["authClient"], send: Send) {
    super({ authClient });
    this.#send = send;
  }

  override request(options: RequestOptions, callback: RequestCallback): void {
    this.#send(options).then(
      (body) => callback(null, body),
      (error: unknown) =>
        callback(error instanceof Error ? error : new Error(String(error))),
    );
  }
}

/** What comes with an error has a few hundred bytes. */
const MAX_ERROR_BYTES = 64 * 1024;
/** A page of a listing holds a thousand objects of a few kilobytes at most. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

const GOOGLE = "https://storage.googleapis.com";

/** A service that has not begun to answer by then does not answer, milliseconds. */
const ANSWER_MS = 20_000;

/** Sends requests to Google Cloud Storage with the credentials that the SDK finds. */
export class GcsConnection {
  readonly endpoint: string;
  readonly #authClient: Storage["authClient"] | undefined;
  readonly #offline: Storage["authClient"];
  readonly #answerMs: number;

  constructor(access: GcsAccess) {
    const { env } = access;
    this.#answerMs = access.limits?.answerMs ?? ANSWER_MS;
    const emulator = env["STORAGE_EMULATOR_HOST"] || undefined;
    this.endpoint = toBase(access.endpoint ?? emulator ?? GOOGLE);
    // Credentials are found by the SDK itself: key file, gcloud's, the machine's.
    const { authClient } = new Storage({
      clientOptions: { transporterOptions: { fetchImplementation: fetch } },
    });
    this.#offline = authClient;
    const { authorize = emulator === undefined } = access;
    this.#authClient = authorize ? authClient : undefined;
  }

  /** Returns the SDK's bucket; its requests end with `signal`. */
  bucket(name: string, signal: AbortSignal): ReturnType<Storage["bucket"]> {
    const send = async (request: RequestOptions) => {
      const url = `${this.endpoint}/storage/v1/${
        request.uri.replace(/^\/+/, "")
      }${toQuery(request.qs)}`;
      const { method = "GET" } = request;
      const response = await this.fetch(url, { method, signal });
      const body = response.body ?? new Blob().stream();
      const what = "The answer";
      const text = await readText(body, { what, maxBytes: MAX_ANSWER_BYTES });
      return text === "" ? undefined : JSON.parse(text);
    };
    return new SentStorage(this.#offline, send).bucket(name);
  }

  /**
   * Fetches with credentials. The body ends with the signal, too.
   *
   * @param answerMs How long until the answer begins, milliseconds.
   * @throws {GcsAnswerError} When the status is no success.
   */
  async fetch(
    url: string,
    init: RequestInit & { readonly signal: AbortSignal },
    answerMs = this.#answerMs,
  ): Promise<Response> {
    const { signal } = init;
    const headers = await this.#authorize(url, init);
    // Not disposed of after a success: the body, too, ends with the signal.
    const watch = new TransferWatch(
      signal,
      (ms) => new SourceError("timeout", `No answer in ${ms / 1000} s`),
    );
    watch.expect(answerMs);
    const response = await fetch(url, {
      ...init,
      headers,
      signal: watch.signal,
    }).finally(() => watch.settle());
    if (response.ok) return response;
    throw new GcsAnswerError(
      response.status,
      readMessage(await abortable(errorText(response), signal)),
      retryAfterMs(response.headers.get("retry-after")),
    );
  }

  async #authorize(
    url: string,
    init: RequestInit & { readonly signal: AbortSignal },
  ): Promise<Headers> {
    const headers = new Headers(init.headers);
    if (this.#authClient === undefined) return headers;
    const given = await abortable(
      readHeaders(this.#authClient, url),
      init.signal,
    );
    given.forEach((value, name) => headers.set(name, value));
    return headers;
  }
}

async function readHeaders(
  auth: Storage["authClient"],
  url: string,
): Promise<Headers> {
  try {
    const client = await auth.getClient();
    // A service account then signs for itself: no token server is asked.
    if ("useJWTAccessWithScope" in client) client.useJWTAccessWithScope = true;
    return await client.getRequestHeaders(url);
  } catch (error) {
    // The error itself carries the request, and with it the credentials.
    const message = error instanceof Error ? error.message : String(error);
    throw new GcsCredentialsError(message.split("\n", 1)[0]);
  }
}

function toBase(endpoint: string): string {
  const url = /^https?:\/\//.test(endpoint) ? endpoint : `http://${endpoint}`;
  return url.replace(/\/+$/, "");
}

function toQuery(values: Readonly<Record<string, unknown>> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? "" : `?${query}`;
}

async function errorText({ body }: Response): Promise<string> {
  if (body === null) return "";
  const { bytes } = await readStart(body, MAX_ERROR_BYTES);
  return new TextDecoder().decode(bytes);
}

function readMessage(text: string): string {
  try {
    const message: unknown = JSON.parse(text)?.error?.message;
    return typeof message === "string" ? message : "";
  } catch (error) {
    if (error instanceof SyntaxError) return text.slice(0, 200);
    throw error;
  }
}
