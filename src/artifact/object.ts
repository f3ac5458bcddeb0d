import type { ArtifactBody } from "../base/artifact_body.ts";
import { ConfigError, SourceError } from "../base/errors.ts";
import type { TransferLimits } from "../base/transfer_limits.ts";
import { parseDriverUrl } from "../base/url.ts";
import { type ObjectPlace, openObject } from "../client/open_bucket.ts";
import type { ArtifactStore } from "./artifact_store.ts";

/** What an {@link ObjectArtifactStore} works with. */
export interface ObjectArtifactOptions {
  /** dewy's environment, for credentials and endpoints. */
  readonly env: Readonly<Record<string, string>>;
  readonly limits?: TransferLimits | undefined;
}

/** Gives the bytes of objects in S3 and Google Cloud Storage. */
export class ObjectArtifactStore implements ArtifactStore {
  readonly #options: ObjectArtifactOptions;

  constructor(options: ObjectArtifactOptions) {
    this.#options = options;
  }

  async open(url: string, signal: AbortSignal): Promise<ArtifactBody> {
    signal.throwIfAborted();
    const { store, key } = await openPlace(url, this.#options);
    return await store.open(key, signal);
  }
}

async function openPlace(
  url: string,
  { env, limits }: ObjectArtifactOptions,
): Promise<ObjectPlace> {
  const what = "artifact";
  try {
    const parsed = parseDriverUrl(url, {
      what,
      options: ["endpoint", "region"],
    });
    return await openObject(parsed, { what, env, limits });
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    // The URL comes from a registry, and not from the user.
    const hint = cause.hint === undefined ? {} : { hint: cause.hint };
    throw new SourceError("invalid", cause.message, { ...hint, cause });
  }
}
