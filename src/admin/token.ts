import { ConfigError, errorMessage } from "../base/errors.ts";
import type { Clock } from "../base/time.ts";

/** Shorter ones can be guessed. */
const SHORTEST_TOKEN = 16;
/** What a header can carry. */
const TOKEN = /^[\x21-\x7e]+$/;
const NEW_TOKEN = "openssl rand -hex 32";
/** Group and others. */
const NOT_OWNER = 0o077;

/** So many wrong tokens in {@link WINDOW_MS} are looked at. */
const MAX_FAILURES = 10;
const WINDOW_MS = 60_000;

/** Where the token of the admin API may be. */
export interface TokenSources {
  readonly file: string | undefined;
  /** The value of `DEWY_ADMIN_TOKEN`. */
  readonly value: string | undefined;
}

/**
 * Returns the token that lets clients act over TCP; `undefined` when there is none.
 *
 * @throws {ConfigError} When it is too weak, or others may read its file.
 */
export async function readToken(
  { file, value }: TokenSources,
): Promise<string | undefined> {
  if (file !== undefined) {
    return checkToken(await readOwnFile(file), `"${file}"`);
  }
  if (value === undefined || value === "") return undefined;
  return checkToken(value, "DEWY_ADMIN_TOKEN");
}

async function readOwnFile(path: string): Promise<string> {
  try {
    using file = await Deno.open(path);
    const { mode } = await file.stat();
    if (((mode ?? 0) & NOT_OWNER) !== 0) {
      throw new ConfigError(
        `Cannot use the admin token in "${path}": others may read the file`,
        { hint: `chmod 600 ${path}` },
      );
    }
    return await new Response(file.readable).text();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(
      `Cannot read the admin token in "${path}": ${errorMessage(error)}`,
      {
        cause: error,
        hint: `Make one: (umask 077; ${NEW_TOKEN} > ${path})`,
      },
    );
  }
}

function checkToken(text: string, place: string): string {
  const token = text.trim();
  if (token.length >= SHORTEST_TOKEN && TOKEN.test(token)) return token;
  throw new ConfigError(
    `Cannot use the admin token in ${place}: it must have at least ${SHORTEST_TOKEN} visible characters without blanks`,
    { hint: `Make one with: ${NEW_TOKEN}` },
  );
}

/** What a client's token is worth. */
export type TokenVerdict =
  | { readonly kind: "right" }
  /** The last one before none is looked at any more. */
  | { readonly kind: "wrong"; readonly isLast: boolean }
  /** Too many were wrong: none is looked at before the time is over. */
  | { readonly kind: "locked"; readonly retryInMs: number };

/** A wrong token, and when it came first. */
interface Failure {
  readonly at: number;
  readonly digest: Uint8Array;
}

/**
 * Compares tokens without telling by the time how much of one is right, and only
 * so many a minute. A token that comes again teaches nobody anything: a client
 * that has an old one counts once, however often it asks.
 */
export class TokenGuard {
  #token: Promise<Uint8Array> | undefined;
  #clock: Pick<Clock, "now">;
  /** Oldest first. */
  #failures: Failure[] = [];

  constructor(token: string | undefined, clock: Pick<Clock, "now">) {
    this.#token = token === undefined ? undefined : digestOf(token);
    this.#clock = clock;
  }

  /** Whether there is a token at all. */
  get isSet(): boolean {
    return this.#token !== undefined;
  }

  async check(given: string): Promise<TokenVerdict> {
    const [digest, own] = await Promise.all([digestOf(given), this.#token]);
    // Nothing waits from here on, so that many at once do not slip through.
    const now = this.#clock.now();
    this.#failures = this.#failures.filter(({ at }) =>
      at > now - WINDOW_MS && at <= now
    );
    const [oldest] = this.#failures;
    if (oldest !== undefined && this.#failures.length >= MAX_FAILURES) {
      return { kind: "locked", retryInMs: oldest.at + WINDOW_MS - now };
    }
    if (own === undefined) return { kind: "wrong", isLast: false };
    if (isSame(digest, own)) return { kind: "right" };
    const isKnown = this.#failures.some((one) => isSame(one.digest, digest));
    if (!isKnown) this.#failures.push({ at: now, digest });
    const isLast = !isKnown && this.#failures.length === MAX_FAILURES;
    return { kind: "wrong", isLast };
  }
}

/** Compares each byte, of digests: neither length nor content of a token shows in the time. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  const differing = a.reduce(
    (differing, byte, at) => differing | (byte ^ (b[at] ?? 0)),
    0,
  );
  return differing === 0;
}

async function digestOf(text: string): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
