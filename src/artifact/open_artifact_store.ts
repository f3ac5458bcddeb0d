import { SourceError } from "../base/errors.ts";
import type { TransferLimits } from "../base/transfer_limits.ts";
import { describeUrl } from "../base/url.ts";
import { type OpenGithub, shareGithub } from "../client/share_github.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import { FileArtifactStore } from "./file.ts";

/** What the host adds to an artifact URL. */
export interface ArtifactStoreOptions {
  /** dewy's environment, for credentials and endpoints. */
  readonly env: Readonly<Record<string, string>>;
  /** The client of GitHub that polls use as well; one of its own when left out. */
  readonly openGithub?: OpenGithub;
  /** The drivers' own when left out; the client of GitHub brings its own. */
  readonly limits?: TransferLimits;
}

/** A driver with a library of its own is imported when its scheme is asked for, and only then. */
type Opener = (
  options: ArtifactStoreOptions,
) => ArtifactStore | Promise<ArtifactStore>;

const OPENERS: Readonly<Record<string, Opener>> = {
  file: () => new FileArtifactStore(),
  ghr: async ({ env, openGithub = shareGithub({ env }) }) => {
    const { GhrArtifactStore } = await import("./ghr.ts");
    return new GhrArtifactStore(await openGithub());
  },
  gs: openObject,
  s3: openObject,
  http: openHttp,
  https: openHttp,
};

async function openObject(
  { env, limits }: ArtifactStoreOptions,
): Promise<ArtifactStore> {
  const { ObjectArtifactStore } = await import("./object.ts");
  return new ObjectArtifactStore({ env, limits });
}

/**
 * Returns the store for all artifact URLs: the scheme of each one chooses the
 * driver, because a registry may answer with the URL of another kind of store.
 */
export function openArtifactStore(
  options: ArtifactStoreOptions = { env: {} },
): ArtifactStore {
  const opened = new Map<string, ArtifactStore>();
  return {
    async open(url, signal) {
      const [scheme = ""] = url.split(":", 1);
      const store = opened.get(scheme) ??
        await openStore(url, { scheme, ...options });
      opened.set(scheme, store);
      return await store.open(url, signal);
    },
  };
}

async function openHttp(
  { limits }: ArtifactStoreOptions,
): Promise<ArtifactStore> {
  const { HttpArtifactStore } = await import("./http.ts");
  return new HttpArtifactStore(limits);
}

async function openStore(
  url: string,
  options: ArtifactStoreOptions & { readonly scheme: string },
): Promise<ArtifactStore> {
  const { scheme } = options;
  const open = Object.hasOwn(OPENERS, scheme) ? OPENERS[scheme] : undefined;
  if (open !== undefined) return await open(options);
  const known = Object.keys(OPENERS).map((name) => `${name}://`).join(", ");
  throw new SourceError(
    "invalid",
    `Cannot open artifact "${describeUrl(url)}": unsupported scheme`,
    { hint: `This version can read ${known}` },
  );
}
