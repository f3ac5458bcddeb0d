import { SourceError } from "../base/errors.ts";
import { describeUrl } from "../base/url.ts";
import type { ArtifactStore } from "./artifact_store.ts";
import { FileArtifactStore } from "./file.ts";

const OPENERS: Readonly<Record<string, () => ArtifactStore>> = {
  file: () => new FileArtifactStore(),
};

/**
 * Returns the store for all artifact URLs: the scheme of each one chooses the
 * driver, because a registry may answer with the URL of another kind of store.
 */
export function openArtifactStore(): ArtifactStore {
  const opened = new Map<string, ArtifactStore>();
  return {
    async open(url, signal) {
      const [scheme = ""] = url.split(":", 1);
      const store = opened.get(scheme) ?? openStore(url, scheme);
      opened.set(scheme, store);
      return await store.open(url, signal);
    },
  };
}

function openStore(url: string, scheme: string): ArtifactStore {
  const open = Object.hasOwn(OPENERS, scheme) ? OPENERS[scheme] : undefined;
  if (open !== undefined) return open();
  const known = Object.keys(OPENERS).map((name) => `${name}://`).join(", ");
  throw new SourceError(
    "invalid",
    `Cannot open artifact "${describeUrl(url)}": unsupported scheme`,
    { hint: `This version can read ${known}` },
  );
}
