import { SourceError } from "../base/errors.ts";
import { type Platform, selectArtifact } from "../base/platform.ts";
import type { Release, VersionRules } from "../base/release.ts";
import { describeUrl } from "../base/url.ts";
import type { Version } from "../base/version.ts";
import type { GithubRepo } from "../client/github_artifact_url.ts";
import type { GithubClient } from "../client/github_client.ts";
import type { GithubRelease } from "../client/github_release.ts";
import { auditName } from "./audit_name.ts";
import { chooseVersions } from "./choose.ts";
import { GhrPages } from "./ghr_pages.ts";
import { readGhrVersion } from "./ghr_version.ts";
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

/** What a {@link GhrRegistry} needs to know. */
export interface GhrRegistryOptions {
  /** As given, for errors. */
  readonly url: string;
  readonly repo: GithubRepo;
  readonly client: GithubClient;
  readonly rules: VersionRules;
  readonly platform: Platform;
  /** Name of the artifact; chosen by platform when left out. */
  readonly artifact?: string;
  /** Whether audit records are left. */
  readonly report: boolean;
  readonly now: () => number;
}

/** How many incomplete versions are told before giving up. */
const MAX_INCOMPLETE = 100;
/** How many records of one host and millisecond are told apart. */
const MAX_RECORDS = 10;

/** Reads versions from the releases of a GitHub repository. */
export class GhrRegistry implements Registry {
  readonly #options: GhrRegistryOptions;
  readonly #pages: GhrPages;
  /** Ids of the releases that the last answer was about. */
  #answer: ReadonlySet<number> = new Set();
  /** The same of the last wish: the two take turns. */
  #wished: ReadonlySet<number> = new Set();

  constructor(options: GhrRegistryOptions) {
    this.#options = options;
    this.#pages = new GhrPages(options);
  }

  get rules(): VersionRules {
    return this.#options.rules;
  }

  async latest(signal: AbortSignal, wish?: Wish): Promise<Latest> {
    const { rules, url } = this.#options;
    const releases = await this.#list(signal);
    const choice = chooseVersions([...releases.keys()], {
      rules,
      shownUrl: describeUrl(url),
      wish,
    });
    if (choice.kind === "filtered") return choice;
    const answer = new Set<number>();
    const latest = this.#firstComplete(choice.versions, { releases, answer });
    if (wish === undefined) this.#answer = answer;
    else this.#wished = answer;
    return latest;
  }

  async survey(signal: AbortSignal): Promise<Survey> {
    const releases = await this.#list(signal);
    return await surveyVersions([...releases.keys()], {
      rules: this.rules,
      choose: (versions) =>
        Promise.resolve(
          this.#firstComplete(versions, { releases, answer: new Set() }),
        ),
    });
  }

  async #list(
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, GithubRelease>> {
    signal.throwIfAborted();
    const answer = new Set([...this.#answer, ...this.#wished]);
    const releases = new Map<string, GithubRelease>();
    for (const release of await this.#pages.read(answer, signal)) {
      if (release.isDraft || releases.has(release.tag)) continue;
      releases.set(release.tag, release);
    }
    return releases;
  }

  async report(report: DeployReport, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { client, repo } = this.#options;
    if (!this.#options.report || report.error !== undefined) return;
    const { tag } = report.release;
    const release = await client.releaseByTag(repo, tag, signal);
    for (let nanos = 0; nanos < MAX_RECORDS; nanos++) {
      const name = auditName(report, nanos);
      const text = auditText(report, name);
      if (await client.addTextAsset(release, { name, text }, signal)) return;
    }
    throw new SourceError(
      "invalid",
      `Cannot report "${tag}": it has ${MAX_RECORDS} records of this host and time`,
    );
  }

  #firstComplete(
    versions: readonly Version[],
    { releases, answer }: {
      readonly releases: ReadonlyMap<string, GithubRelease>;
      /** Takes the ids of those that the answer is about. */
      readonly answer: Set<number>;
    },
  ): Latest {
    const incomplete: IncompleteVersion[] = [];
    for (const version of versions) {
      const release = releases.get(version.tag);
      if (release === undefined) continue;
      answer.add(release.id);
      const found = this.#readVersion(version, release);
      if (typeof found !== "string") {
        return { kind: "release", release: found, incomplete };
      }
      incomplete.push(this.#incomplete(release, found));
      if (incomplete.length >= MAX_INCOMPLETE) break;
    }
    return { kind: "incomplete", incomplete };
  }

  #readVersion(version: Version, release: GithubRelease): Release | string {
    const { platform, repo, artifact } = this.#options;
    const { os, arch } = platform;
    const names = release.assets.filter(({ isUploaded }) => isUploaded)
      .map(({ name }) => name);
    const name = artifact ?? selectArtifact(names, platform);
    return name === undefined
      ? `artifact not found: no file is named for ${os} and ${arch}`
      : readGhrVersion(version, { release, repo, name });
  }

  #incomplete(
    { tag, publishedAt }: GithubRelease,
    reason: string,
  ): IncompleteVersion {
    const ageMs = this.#options.now() - publishedAt;
    // A time far in the future comes from a wrong clock, not from an upload.
    const withinGrace = Math.abs(ageMs) < GRACE_PERIOD_MS;
    return { tag, reason, publishedAt, withinGrace };
  }
}

/** `shipped to web1 server at 20240115T103045.123456789Z`. */
function auditText({ host, command }: DeployReport, name: string): string {
  const at = name.slice(name.lastIndexOf("_at_") + 4, -".txt".length);
  return `shipped to ${host} ${command} at ${at}`;
}
