import { abortable } from "../base/abortable.ts";
import { type ImageRepository, imageUrl } from "../base/image_reference.ts";
import type { Release, VersionRules } from "../base/release.ts";
import { describeUrl } from "../base/url.ts";
import type { Version } from "../base/version.ts";
import type { OciClient } from "../client/oci_client.ts";
import { chooseVersions } from "./choose.ts";
import { versionTags } from "./img_tags.ts";
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

/** What an {@link ImgRegistry} needs to know. */
export interface ImgRegistryOptions extends ImageRepository {
  /** As given, for errors. */
  readonly url: string;
  readonly client: Pick<OciClient, "tags" | "digest">;
  readonly rules: VersionRules;
  readonly now: () => number;
}

/** Tags without an image that are passed over at one look, so that a broken registry is not asked for each one. */
const MAX_MISSING = 5;

/**
 * A repository of a container registry: its tags are the versions. What a tag
 * stands for is named by its digest, so that the image that is deployed is the
 * one that was looked up, and one that is pushed again is noticed. There are no
 * audit records: nothing can be written beside an image.
 */
export class ImgRegistry implements Registry {
  readonly rules: VersionRules;
  readonly #options: ImgRegistryOptions;
  /** When tags without an image were first seen, Unix milliseconds. */
  #missing: ReadonlyMap<string, number> = new Map();

  constructor(options: ImgRegistryOptions) {
    this.#options = options;
    this.rules = options.rules;
  }

  async latest(signal: AbortSignal, wish?: Wish): Promise<Latest> {
    const { rules } = this;
    const tags = await this.#tags(signal);
    const choice = chooseVersions([...tags.keys()], {
      rules,
      shownUrl: describeUrl(this.#options.url),
      wish,
    });
    if (choice.kind === "filtered") return choice;
    return await this.#firstComplete(choice.versions, tags, signal);
  }

  async survey(signal: AbortSignal): Promise<Survey> {
    const { rules } = this;
    const tags = await this.#tags(signal);
    const choose = (versions: readonly Version[]) =>
      this.#firstComplete(versions, tags, signal);
    return await surveyVersions([...tags.keys()], { rules, choose });
  }

  /** Returns the tag that each version has. */
  async #tags(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    signal.throwIfAborted();
    const { client } = this.#options;
    return versionTags(await client.tags(signal), this.rules);
  }

  async #firstComplete(
    versions: readonly Version[],
    tags: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<Latest> {
    const { client } = this.#options;
    const incomplete: IncompleteVersion[] = [];
    for (const version of versions.slice(0, MAX_MISSING)) {
      const tag = tags.get(version.tag) ?? version.tag;
      const digest = await client.digest(tag, signal);
      if (digest !== undefined) {
        this.#remember(incomplete);
        const release = this.#release(version, { tag, digest });
        return { kind: "release", release, incomplete };
      }
      incomplete.push(this.#incomplete(version, tag));
    }
    this.#remember(incomplete);
    return { kind: "incomplete", incomplete };
  }

  async report(_report: DeployReport, signal: AbortSignal): Promise<void> {
    await abortable(Promise.resolve(), signal);
  }

  #release(
    version: Version,
    image: { readonly tag: string; readonly digest: string },
  ): Release {
    const { registry, repository } = this.#options;
    return {
      id: image.digest,
      tag: version.tag,
      artifactUrl: imageUrl({ registry, repository, ...image }),
      artifactName: repository.slice(repository.lastIndexOf("/") + 1),
      fingerprint: image.digest,
      checksumUrls: [],
      slot: version.slot,
    };
  }

  /** A tag that was just removed, or whose image is not there yet. */
  #incomplete({ tag }: Version, name: string): IncompleteVersion {
    const now = this.#options.now();
    const publishedAt = this.#missing.get(tag) ?? now;
    return {
      tag,
      reason: `image not found: tag "${name}" stands for none`,
      publishedAt,
      withinGrace: Math.abs(now - publishedAt) < GRACE_PERIOD_MS,
    };
  }

  #remember(incomplete: readonly IncompleteVersion[]): void {
    this.#missing = new Map(
      incomplete.map(({ tag, publishedAt }) => [tag, publishedAt]),
    );
  }
}
