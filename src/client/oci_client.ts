import { SourceError } from "../base/errors.ts";
import {
  imageName,
  type ImageRepository,
  isImageDigest,
  isImageTag,
  isLoopbackHost,
} from "../base/image_reference.ts";
import { withDeadline } from "../base/time.ts";
import type { OciCredentials } from "./oci_credentials.ts";
import { explainAnswer } from "./oci_errors.ts";
import { readJson } from "./oci_http.ts";
import { nextPage } from "./oci_link.ts";
import { type OciCall, OciSession } from "./oci_session.ts";
import { withRetries } from "./retry.ts";

/** How an {@link OciClient} asks. */
export interface OciClientOptions extends ImageRepository {
  /** Who to be, should the registry ask; nobody when left out. */
  readonly credentials?: OciCredentials | undefined;
  /** Plain HTTP, also to the realm that gives tokens. @default only for loopback addresses, and there only */
  readonly insecure?: boolean | undefined;
  /** PEM of authorities to trust besides those of the system. */
  readonly ca?: string | undefined;
  /** How long one request may take with all that it needs, milliseconds. @default 30,000 */
  readonly timeoutMs?: number | undefined;
  /** @default Date.now */
  readonly now?: (() => number) | undefined;
}

const TIMEOUT_MS = 30_000;
/** Tags that are asked for at once; registries give what they like. */
const PAGE_SIZE = 1_000;
const MAX_PAGES = 100;
/** 100,000 tags of the greatest length. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

/** What an image may be described by: for several platforms, or for one. */
const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** One repository of a container registry, as far as versions are looked up (OCI distribution-spec 1.1). */
export class OciClient {
  readonly #options: OciClientOptions;
  readonly #session: OciSession;
  readonly #base: string;

  constructor(options: OciClientOptions) {
    const { registry, repository, now = Date.now } = options;
    const isPlain = options.insecure ?? isLoopbackHost(registry);
    const { origin } = new URL(`${isPlain ? "http" : "https"}://${registry}`);
    this.#options = options;
    this.#base = `${origin}/v2/${repository}`;
    this.#session = new OciSession({
      origin,
      insecure: options.insecure ?? false,
      scope: `repository:${repository}:pull`,
      credentials: options.credentials,
      deniedHint: this.#deniedHint(),
      now,
      client: options.ca === undefined
        ? undefined
        : Deno.createHttpClient({ caCerts: [options.ca] }),
    });
  }

  /**
   * Returns all tags, in the registry's order.
   *
   * @throws {SourceError} `not-found` when there is no such repository.
   */
  async tags(signal: AbortSignal): Promise<string[]> {
    const what = `list the tags of "${imageName(this.#options)}"`;
    const tags: string[] = [];
    let url: URL | undefined = new URL(
      `${this.#base}/tags/list?n=${PAGE_SIZE}`,
    );
    for (let pages = 0; url !== undefined; pages++) {
      if (pages === MAX_PAGES) throw tooManyPages(what);
      const page: TagPage = await this.#page(url, what, signal);
      tags.push(...page.tags);
      url = page.next;
    }
    return tags;
  }

  #page(url: URL, what: string, signal: AbortSignal): Promise<TagPage> {
    const call = {
      kind: "tags",
      method: "GET",
      accept: "application/json",
      url,
    } as const;
    return this.#ask({ what, call }, signal, async (response, inner) => {
      const options = { maxBytes: MAX_PAGE_BYTES, signal: inner };
      const answer = await readJson(response, options);
      return { tags: tagsIn(answer), next: nextOf(response) };
    });
  }

  /**
   * Returns the digest of what a tag stands for, an index of several platforms
   * or one image, or `undefined` when there is nothing. It is asked for by HEAD:
   * registries count a GET as a pull.
   */
  digest(tag: string, signal: AbortSignal): Promise<string | undefined> {
    const what = `look up "${imageName(this.#options)}:${tag}"`;
    const call = {
      kind: "manifest",
      method: "HEAD",
      accept: MANIFESTS,
      url: new URL(`${this.#base}/manifests/${encodeURIComponent(tag)}`),
      missing: 404,
    } as const;
    return this.#ask({ what, call }, signal, ({ status, headers }) => {
      if (status === call.missing) return undefined;
      const digest = headers.get("docker-content-digest") ?? "";
      if (isImageDigest(digest)) return digest;
      throw new SourceError("invalid", "the answer has no SHA-256 digest", {
        hint: "Check whether a proxy drops the header Docker-Content-Digest",
      });
    });
  }

  /** Asks until there is an answer, and reads it by `read`. */
  async #ask<T>(
    { what, call }: OciQuery,
    signal: AbortSignal,
    read: (response: Response, signal: AbortSignal) => T | Promise<T>,
  ): Promise<T> {
    const ms = this.#options.timeoutMs ?? TIMEOUT_MS;
    const onTimeout = () =>
      new SourceError(
        "timeout",
        `Cannot ${what}: no answer in ${ms / 1000} s`,
        {
          hint: "Check the network; dewy tries again by itself",
        },
      );
    const attempt = (inner: AbortSignal) =>
      told(what, inner, async () => {
        const response = await this.#session.send(call, inner);
        if (response.status === 200 || response.status === call.missing) {
          return await read(response, inner);
        }
        const deniedHint = this.#deniedHint();
        throw await explainAnswer(response, { what, deniedHint });
      });
    return await withRetries(
      () => withDeadline({ signal, ms, onTimeout }, attempt),
      signal,
    );
  }

  #deniedHint(): string {
    const { credentials, registry } = this.#options;
    return credentials === undefined
      ? `Log in with "docker login ${registry}", or set DOCKER_USERNAME and DOCKER_PASSWORD`
      : `The registry does not accept the credentials of ${credentials.source} for this`;
  }
}

interface OciQuery {
  readonly what: string;
  readonly call: OciCall & {
    /** A status that is an answer, too. */
    readonly missing?: number;
  };
}

interface TagPage {
  readonly tags: readonly string[];
  readonly next: URL | undefined;
}

/** Runs `task`; what it throws says what could not be done. */
async function told<T>(
  what: string,
  signal: AbortSignal,
  task: () => Promise<T>,
): Promise<T> {
  try {
    return await task();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SourceError)) throw error;
    const { code, message, hint, retryAfterMs, cause } = error;
    if (message.startsWith("Cannot ")) throw error;
    throw new SourceError(code, `Cannot ${what}: ${asClause(message)}`, {
      retryAfterMs,
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

function asClause(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function nextOf({ url, headers }: Response): URL | undefined {
  try {
    return nextPage(headers.get("link"), new URL(url));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SourceError("denied", error.message, {
      hint: "It would get the token of this registry; ask who runs it",
    });
  }
}

function tagsIn(answer: unknown): string[] {
  const { tags } = typeof answer === "object" && answer !== null
    ? answer as { tags?: unknown }
    : {};
  // A repository that has lost all its tags has `null` in their place.
  if (tags === null) return [];
  if (Array.isArray(tags)) {
    return tags.filter((tag) => typeof tag === "string" && isImageTag(tag));
  }
  throw new SourceError("invalid", "the answer is no list of tags", {
    hint: "Check that the address is that of a container registry",
  });
}

function tooManyPages(what: string): SourceError {
  return new SourceError(
    "invalid",
    `Cannot ${what}: there are more than ${MAX_PAGES} pages`,
    { hint: "Remove tags that nobody needs, or use a repository of its own" },
  );
}
