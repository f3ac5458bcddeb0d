import type { ArtifactBody } from "../base/artifact_body.ts";
import { HttpArtifactStore } from "../artifact/http.ts";
import { ArtifactError, ConfigError, SourceError } from "../base/errors.ts";
import { readText } from "../base/read_text.ts";
import { RELEASES_URL } from "../base/releases_url.ts";
import { describeUrl } from "../base/url.ts";
import { parseVersion } from "../base/version.ts";

/** For a small file, from the question to its last byte, milliseconds. */
const SMALL_FILE_MS = 30_000;

/** Where releases of dewy are, laid out as {@link RELEASES_URL} says. */
export class Releases {
  readonly #base: string;
  readonly #signal: AbortSignal;

  /** @throws {ConfigError} When nothing says where they are. */
  constructor(base: string, signal: AbortSignal) {
    if (base === RELEASES_URL || !URL.canParse(base)) {
      throw new ConfigError(
        "Cannot update: this dewy does not know where releases are",
        {
          hint:
            "Set DEWY_DOWNLOAD_BASE to the address that has latest/download/VERSION",
        },
      );
    }
    this.#signal = signal;
    this.#base = base.replace(/\/+$/, "");
  }

  /**
   * Returns the tag of the latest release.
   *
   * @throws {SourceError} When it cannot be read, or is no version.
   */
  async latest(): Promise<string> {
    const url = `${this.#base}/latest/download/VERSION`;
    const tag = (await this.#text(url)).trim();
    if (isTag(tag)) return tag;
    throw new SourceError(
      "invalid",
      `Cannot read the latest version: "${describeUrl(url)}" holds none`,
      { hint: "Look at what answers there, such as a proxy's page" },
    );
  }

  /**
   * Returns the SHA-256 of a file of a release, in hexadecimal digits.
   *
   * @throws {ArtifactError} `checksum` when none is published.
   * @throws {SourceError} When it cannot be read.
   */
  async sha256(tag: string, name: string): Promise<string> {
    const url = `${this.#base}/download/${tag}/SHA256SUMS`;
    const lines = (await this.#text(url)).split(/\r?\n/).map((line) =>
      /^([0-9a-f]{64}) [ *](.+)$/.exec(line)
    );
    const found = lines.find((match) => match?.[2] === name)?.[1];
    if (found !== undefined) return found;
    throw new ArtifactError(
      "checksum",
      `Cannot verify "${name}": "${describeUrl(url)}" has no checksum of it`,
      { hint: "Without it nothing is installed" },
    );
  }

  /** Begins to download a file of a release. */
  async open(
    tag: string,
    name: string,
    signal: AbortSignal,
  ): Promise<ArtifactBody> {
    const url = `${this.#base}/download/${tag}/${name}`;
    return await new HttpArtifactStore().open(url, signal);
  }

  async #text(url: string): Promise<string> {
    const what = `"${describeUrl(url)}"`;
    const signal = AbortSignal.any([
      AbortSignal.timeout(SMALL_FILE_MS),
      this.#signal,
    ]);
    try {
      const response = await fetch(url, { signal });
      const isPlain = new URL(response.url).protocol !== "https:";
      if (!response.ok || (isPlain && url.startsWith("https:"))) {
        await response.body?.cancel();
        const why = response.ok
          ? "it leads away from https"
          : `the server answers ${response.status}`;
        const code = response.status === 404 ? "not-found" : "unavailable";
        throw new SourceError(code, `Cannot read ${what}: ${why}`, {
          hint: "Check DEWY_DOWNLOAD_BASE, and that there is such a release",
        });
      }
      return await readText(response.body ?? new Blob([]).stream(), { what });
    } catch (cause) {
      this.#signal.throwIfAborted();
      if (cause instanceof SourceError) throw cause;
      throw new SourceError("unavailable", `Cannot read ${what}`, {
        cause: asFailure(cause),
        hint: "Check the network and the proxy variables",
      });
    }
  }
}

/** Returns whether `tag` is a version with `v` before it, and fit to stand in an address. */
export function isTag(tag: string): boolean {
  return /^v[0-9]/.test(tag) && parseVersion(tag, {}) !== undefined;
}

/** What fetch() throws is a `TypeError` by its standard, which else means a defect. */
function asFailure(cause: unknown): unknown {
  return cause instanceof TypeError
    ? new Error(cause.message, { cause: cause.cause })
    : cause;
}
