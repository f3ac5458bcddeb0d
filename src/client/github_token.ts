import { abortable } from "../base/abortable.ts";
import { SourceError } from "../base/errors.ts";
import { withDeadline } from "../base/time.ts";
import type { GithubCredentials } from "./github_credentials.ts";

/** An installation token as GitHub issued it. */
export interface IssuedToken {
  readonly token: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Gives the token for the next request. */
export interface TokenSource {
  /** Which setting it comes from, for errors: `GH_TOKEN`. */
  readonly credentials: string;
  get(signal: AbortSignal): Promise<string>;
  /** Says that GitHub refused the token. */
  forget(): void;
}

/** Returns the source of a token that stays as it is. */
export function fixedToken(
  { token, source }: Extract<GithubCredentials, { kind: "token" }>,
): TokenSource {
  return {
    credentials: source,
    get: (signal) => {
      signal.throwIfAborted();
      return Promise.resolve(token);
    },
    forget: () => {},
  };
}

/** What an {@link AppToken} works with. */
export interface AppTokenOptions {
  /** Asks GitHub for a new token. */
  readonly exchange: (signal: AbortSignal) => Promise<IssuedToken>;
  readonly now: () => number;
}

/** A token is renewed when less than this is left of it. */
const RENEW_BEFORE_MS = 5 * 60 * 1000;
const EXCHANGE_TIMEOUT_MS = 30_000;

/** The token of a GitHub App: kept until shortly before its end, and asked for once however many wait for it. */
export class AppToken implements TokenSource {
  readonly credentials = "GITHUB_APP_ID";
  readonly #options: AppTokenOptions;
  #issued: IssuedToken | undefined;
  #exchange: Exchange | undefined;

  constructor(options: AppTokenOptions) {
    this.#options = options;
  }

  async get(signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const issued = this.#issued;
    const leftMs = (issued?.expiresAt ?? 0) - this.#options.now();
    if (issued !== undefined && leftMs >= RENEW_BEFORE_MS) return issued.token;
    const exchange = this.#exchange ??= this.#begin();
    exchange.waiting++;
    try {
      return (await abortable(exchange.issued, signal)).token;
    } finally {
      exchange.waiting--;
      if (exchange.waiting === 0) this.#end(exchange, signal.reason);
    }
  }

  forget(): void {
    this.#issued = undefined;
  }

  #begin(): Exchange {
    const controller = new AbortController();
    const issued = this.#run(controller.signal);
    // Who waits for it is told; when all have left, nobody is.
    issued.catch(() => {});
    return { issued, controller, waiting: 0 };
  }

  /** Ends an exchange that has been answered, or that nobody waits for any more. */
  #end(exchange: Exchange, reason: unknown): void {
    if (this.#exchange === exchange) this.#exchange = undefined;
    exchange.controller.abort(reason);
  }

  async #run(signal: AbortSignal): Promise<IssuedToken> {
    const onTimeout = () =>
      new SourceError(
        "timeout",
        `The token exchange took longer than ${EXCHANGE_TIMEOUT_MS / 1000} s`,
      );
    const issued = await withDeadline(
      { signal, ms: EXCHANGE_TIMEOUT_MS, onTimeout },
      (inner) => this.#options.exchange(inner),
    );
    this.#issued = issued;
    return issued;
  }
}

interface Exchange {
  readonly issued: Promise<IssuedToken>;
  readonly controller: AbortController;
  waiting: number;
}
