import { SourceError } from "../base/errors.ts";
import { withDeadline } from "../base/time.ts";
import { API_HEADERS } from "./github_app.ts";
import {
  explainGithubError,
  failedAnswer,
  type GithubQuestion,
  MAX_WAIT_MS,
} from "./github_errors.ts";
import { withRetries } from "./retry.ts";
import type { TokenSource } from "./github_token.ts";

/** What a request is sent with. */
export interface Sending {
  readonly headers: Readonly<Record<string, string>>;
  readonly request: { readonly signal: AbortSignal };
}

/** What a {@link GithubGate} works with. */
export interface GithubGateOptions {
  readonly tokens: TokenSource;
  readonly now: () => number;
  /** How long one request may take, milliseconds. */
  readonly timeoutMs: number;
}

/** One request. */
export interface GithubCall<T> {
  /** As it reads after "Cannot": `list the releases of "o/r" on api.github.com`. */
  readonly what: string;
  readonly send: (sending: Sending) => Promise<T>;
  /** Whether sending it again does no harm. */
  readonly repeatable: boolean;
  /** What to do when the credentials do not suffice; about their permissions when left out. */
  readonly deniedHint?: string;
}

/**
 * What every request to the API passes: it gets the token and a time limit, is
 * sent again after a momentary failure, and is not sent at all while GitHub
 * wants to be left alone.
 */
export class GithubGate {
  readonly #options: GithubGateOptions;
  /** Until when GitHub wants to be left alone, Unix milliseconds. */
  #closedUntil = 0;

  constructor(options: GithubGateOptions) {
    this.#options = options;
  }

  /** @throws {SourceError} When there is no answer, or it is no success. */
  async call<T>(call: GithubCall<T>, signal: AbortSignal): Promise<T> {
    const attempt = () => this.#attempt(call, signal);
    return call.repeatable
      ? await withRetries(attempt, signal)
      : await attempt();
  }

  async #attempt<T>(call: GithubCall<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    this.#refuseWhileClosed(call.what);
    const { timeoutMs: ms } = this.#options;
    const onTimeout = () =>
      new SourceError(
        "timeout",
        `Cannot ${call.what}: no answer in ${ms / 1000} s`,
        { hint: "Check the network, and https://www.githubstatus.com" },
      );
    return await withDeadline(
      { signal, ms, onTimeout },
      (inner) => this.#send(call, inner),
    );
  }

  async #send<T>(
    { what, send, deniedHint }: GithubCall<T>,
    signal: AbortSignal,
  ): Promise<T> {
    let subject = "get a token for the GitHub App";
    try {
      const token = await this.#options.tokens.get(signal);
      subject = what;
      const headers = { ...API_HEADERS, authorization: `Bearer ${token}` };
      return await send({ headers, request: { signal } });
    } catch (error) {
      signal.throwIfAborted();
      throw this.#explain(error, { what: subject, deniedHint });
    }
  }

  #explain(
    error: unknown,
    question: Omit<GithubQuestion, "credentials">,
  ): SourceError {
    const { tokens, now } = this.#options;
    const { credentials } = tokens;
    const explained = explainGithubError(error, { ...question, credentials });
    if (failedAnswer(error)?.status === 401) tokens.forget();
    if (explained.retryAfterMs > 0) {
      this.#closedUntil = Math.max(
        this.#closedUntil,
        // A storage host may ask for more than GitHub itself ever does.
        now() + Math.min(explained.retryAfterMs, MAX_WAIT_MS),
      );
    }
    return explained;
  }

  #refuseWhileClosed(what: string): void {
    const retryAfterMs = this.#closedUntil - this.#options.now();
    // More than GitHub can ask for is left when the clock was set back.
    if (retryAfterMs > MAX_WAIT_MS) this.#closedUntil = 0;
    if (this.#closedUntil === 0 || retryAfterMs <= 0) return;
    const seconds = Math.ceil(retryAfterMs / 1000);
    throw new SourceError(
      "unavailable",
      `Cannot ${what}: GitHub wants to be left alone for ${seconds} s more`,
      { retryAfterMs },
    );
  }
}
