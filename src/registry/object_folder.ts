import { SourceError } from "../base/errors.ts";
import { type Platform, selectArtifact } from "../base/platform.ts";
import type { Release, VersionRules } from "../base/release.ts";
import type { Version } from "../base/version.ts";
import type { BucketPlace } from "../client/open_bucket.ts";
import type { ObjectInfo } from "../client/object_store.ts";
import { auditName } from "./audit_name.ts";
import { checksumNames } from "./checksum_names.ts";
import { chooseVersions } from "./choose.ts";
import { type FolderListing, listVersion } from "./object_listing.ts";
import {
  type DeployReport,
  GRACE_PERIOD_MS,
  type IncompleteVersion,
  type Latest,
  type Registry,
  type Survey,
  type Wish,
} from "./registry.ts";
import { surveyVersions } from "./survey.ts";

/** What an {@link ObjectFolderRegistry} needs to know. */
export interface ObjectFolderOptions {
  /** Where the version folders are. */
  readonly place: BucketPlace;
  /** As it may be shown, for errors. */
  readonly shownUrl: string;
  readonly rules: VersionRules;
  readonly platform: Platform;
  /** Name of the artifact; chosen by platform when left out. */
  readonly artifact?: string;
  /** @default Date.now */
  readonly now?: () => number;
}

/** How many incomplete versions are looked at: each costs a request per poll. */
const MAX_INCOMPLETE = 20;

/** A checksum that the service keeps, and the version of the object it is of. */
interface StoredChecksum {
  readonly of: string;
  readonly sha256: string | undefined;
}

/** Reads versions from a bucket: `<prefix>/<version>/<artifact>`. */
export class ObjectFolderRegistry implements Registry {
  readonly #options: ObjectFolderOptions;
  #stored: StoredChecksum | undefined;

  constructor(options: ObjectFolderOptions) {
    this.#options = options;
  }

  get rules(): VersionRules {
    return this.#options.rules;
  }

  async latest(signal: AbortSignal, wish?: Wish): Promise<Latest> {
    const { place, rules, shownUrl } = this.#options;
    const tags = await place.store.listFolders(place.prefix, signal);
    const choice = chooseVersions(tags, { rules, shownUrl, wish });
    if (choice.kind === "filtered") return choice;
    return await this.#firstComplete(choice.versions, signal);
  }

  async survey(signal: AbortSignal): Promise<Survey> {
    const { place, rules } = this.#options;
    const tags = await place.store.listFolders(place.prefix, signal);
    const choose = (versions: readonly Version[]) =>
      this.#firstComplete(versions, signal);
    return await surveyVersions(tags, { rules, choose });
  }

  async report(report: DeployReport, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (report.error !== undefined) return;
    const { place } = this.#options;
    const { tag } = report.release;
    const folder = `${place.prefix}${tag}/`;
    if (!await isThere(place, folder, signal)) {
      throw new SourceError(
        "not-found",
        `Cannot report to "${this.#options.shownUrl}": release not found: ${tag}`,
      );
    }
    // Digits below the millisecond by chance: two records of one are then two
    // objects, and no service has to know conditional writes for that.
    const name = auditName(report, Math.floor(Math.random() * 1_000_000));
    await place.store.write(folder + name, new Uint8Array(), {
      contentType: "text/plain",
      signal,
    });
  }

  async #firstComplete(
    versions: readonly Version[],
    signal: AbortSignal,
  ): Promise<Latest> {
    const { place } = this.#options;
    const incomplete: IncompleteVersion[] = [];
    for (const version of versions) {
      const folder = `${place.prefix}${version.tag}/`;
      const listing = await listVersion(place.store, folder, signal);
      // Removed since the versions were listed.
      if (listing === undefined) continue;
      const found = this.#find(listing);
      if (typeof found !== "string") {
        const release = this.#toRelease(version, { ...found, listing });
        const sha256 = await this.#storedSha256(found, signal);
        return {
          kind: "release",
          release: sha256 === undefined ? release : { ...release, sha256 },
          incomplete,
        };
      }
      incomplete.push(this.#incomplete(version, { listing, reason: found }));
      if (incomplete.length >= MAX_INCOMPLETE) break;
    }
    if (incomplete.length > 0) return { kind: "incomplete", incomplete };
    throw new SourceError(
      "not-found",
      `Cannot find a version in "${this.#options.shownUrl}"`,
      { hint: "All were removed while they were listed" },
    );
  }

  #incomplete(
    { tag }: Version,
    found: { readonly listing: FolderListing; readonly reason: string },
  ): IncompleteVersion {
    const { now = Date.now } = this.#options;
    const { publishedAt } = found.listing;
    // A time far in the future comes from a wrong clock, not from an upload.
    const withinGrace = Math.abs(now() - publishedAt) < GRACE_PERIOD_MS;
    return { tag, reason: found.reason, publishedAt, withinGrace };
  }

  /** Returns the artifact and its checksum files, or what is missing. */
  #find({ objects }: FolderListing): Found | string {
    const { platform } = this.#options;
    const names = [...objects.keys()];
    const name = this.#options.artifact ?? selectArtifact(names, platform);
    if (name === undefined) {
      const { os, arch } = platform;
      return `artifact not found: no object is named for ${os} and ${arch}`;
    }
    const artifact = objects.get(name);
    if (artifact === undefined) return `artifact not found: ${name}`;
    if (artifact.bytes === 0) return `artifact is empty: ${name}`;
    const checksums = checksumNames(names, name)
      .map((file) => objects.get(file)).filter((file) => file !== undefined);
    const empty = checksums.find(({ bytes, key }) =>
      bytes === 0 && key.startsWith(`${artifact.key}.`)
    );
    if (empty !== undefined) {
      return `checksum is empty: ${name}${
        empty.key.slice(artifact.key.length)
      }`;
    }
    return { name, artifact, checksums };
  }

  #toRelease(
    { tag, slot }: Version,
    found: Found & { readonly listing: FolderListing },
  ): Release {
    const { name, artifact, checksums, listing } = found;
    const { urlOf } = this.#options.place;
    return {
      id: `${tag}/${name}`,
      tag,
      slot,
      artifactUrl: urlOf(artifact.key),
      artifactName: name.slice(name.lastIndexOf("/") + 1),
      fingerprint: [artifact, ...checksums].map(({ version }) => version)
        .join(" "),
      size: artifact.bytes,
      checksumUrls: checksums.map(({ key }) => urlOf(key)),
      publishedAt: listing.publishedAt,
    };
  }

  /**
   * Asks for the checksum that the service keeps, once for each version of an
   * object. One that was published beside the artifact says more, because it
   * was made before the upload, and is preferred.
   */
  async #storedSha256(
    { artifact, checksums }: Found,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (checksums.length > 0) return undefined;
    const of = `${artifact.key} ${artifact.version}`;
    if (this.#stored?.of !== of) {
      const { store } = this.#options.place;
      const sha256 = await store.storedSha256(artifact.key, signal);
      this.#stored = { of, sha256 };
    }
    return this.#stored.sha256;
  }
}

interface Found {
  /** Below the version's folder. */
  readonly name: string;
  readonly artifact: ObjectInfo;
  readonly checksums: readonly ObjectInfo[];
}

async function isThere(
  { store }: BucketPlace,
  folder: string,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const page of store.listPages(folder, { signal })) {
    if (page.length > 0) return true;
  }
  return false;
}
