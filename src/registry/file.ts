import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { abortable } from "../base/abortable.ts";
import { SourceError } from "../base/errors.ts";
import { type Platform, selectArtifact } from "../base/platform.ts";
import type { Release, VersionRules } from "../base/release.ts";
import { describeUrl } from "../base/url.ts";
import type { Version } from "../base/version.ts";
import { checksumNames } from "./checksum_names.ts";
import { chooseVersions } from "./choose.ts";
import { writeRecord } from "./file_record.ts";
import { type FileFacts, FolderReader } from "./folder_reader.ts";
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

/** What a {@link FileRegistry} needs to know. */
export interface FileRegistryOptions {
  /** As given, for errors. */
  readonly url: string;
  /** The folder that holds one folder for each version. */
  readonly folder: string;
  readonly rules: VersionRules;
  readonly platform: Platform;
  /** Name of the artifact; chosen by platform when left out. */
  readonly artifact?: string;
  /** @default Date.now */
  readonly now?: () => number;
}

/**
 * How many incomplete versions are looked at before giving up: a folder whose
 * versions all lack the artifact must not be read through every few seconds.
 */
const MAX_INCOMPLETE = 100;

/** Names that uploads have before they are complete. */
const TEMPORARY = /^\.|\.(?:partial|part|tmp|temp|filepart|crdownload)$/i;

/**
 * Reads versions from a folder: `<folder>/<version>/<artifact>`. An artifact is
 * a file that is not empty; a copy that writes it in place is seen half done,
 * so copy beside and rename, or publish a checksum.
 */
export class FileRegistry implements Registry {
  readonly #options: FileRegistryOptions;
  readonly #reader = new FolderReader();

  constructor(options: FileRegistryOptions) {
    this.#options = options;
  }

  get rules(): VersionRules {
    return this.#options.rules;
  }

  async latest(signal: AbortSignal, wish?: Wish): Promise<Latest> {
    const { rules, url } = this.#options;
    const shownUrl = describeUrl(url);
    const tags = await this.#list(signal);
    const choice = chooseVersions(tags, { rules, shownUrl, wish });
    if (choice.kind === "filtered") return choice;
    return await this.#firstComplete(choice.versions, signal);
  }

  async survey(signal: AbortSignal): Promise<Survey> {
    const choose = (versions: readonly Version[]) =>
      this.#firstComplete(versions, signal);
    const { rules } = this;
    return await surveyVersions(await this.#list(signal), { rules, choose });
  }

  async #list(signal: AbortSignal): Promise<readonly string[]> {
    const { folder, url } = this.#options;
    const names = await this.#reader.list(folder, signal);
    if (names !== undefined) return names.folders;
    throw new SourceError(
      "not-found",
      `Cannot read registry "${describeUrl(url)}": no such folder`,
      { hint: `Create it, with a folder for each version: ${folder}/v1.2.3` },
    );
  }

  async report(report: DeployReport, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (report.error !== undefined) return;
    const { tag } = report.release;
    if (tag === "" || tag.includes("/") || tag.startsWith(".")) {
      throw new SourceError("invalid", `Cannot report version "${tag}"`);
    }
    const folder = join(this.#options.folder, tag);
    const facts = await this.#reader.stat(folder, signal);
    if (facts?.kind !== "folder") {
      throw new SourceError(
        "not-found",
        `Cannot report to "${folder}": release not found: ${tag}`,
      );
    }
    try {
      const { modifiedAt } = facts;
      await abortable(writeRecord(folder, { report, modifiedAt }), signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw new SourceError("denied", `Cannot write a report to "${folder}"`, {
        hint: "The user dewy runs as must be able to write there",
        cause,
      });
    }
  }

  async #firstComplete(
    versions: readonly Version[],
    signal: AbortSignal,
  ): Promise<Latest> {
    const incomplete: IncompleteVersion[] = [];
    for (const version of versions) {
      const folder = join(this.#options.folder, version.tag);
      const facts = await this.#reader.stat(folder, signal);
      // A link to a file, or a folder that has been removed meanwhile.
      if (facts?.kind !== "folder") continue;
      const found = await this.#readVersion(version, signal)
        .catch((error: unknown) => toReason(error, version));
      if (typeof found !== "string") {
        return { kind: "release", release: found, incomplete };
      }
      incomplete.push(this.#incomplete(version, { facts, reason: found }));
      if (incomplete.length >= MAX_INCOMPLETE) break;
    }
    if (incomplete.length > 0) return { kind: "incomplete", incomplete };
    throw new SourceError(
      "not-found",
      `Cannot find a version in "${describeUrl(this.#options.url)}"`,
      { hint: "What is named like a version there is no folder" },
    );
  }

  #incomplete(
    { tag }: Version,
    found: { readonly facts: FileFacts; readonly reason: string },
  ): IncompleteVersion {
    const { now = Date.now } = this.#options;
    const publishedAt = found.facts.modifiedAt;
    // A time far in the future comes from a wrong clock, not from an upload.
    const withinGrace = Math.abs(now() - publishedAt) < GRACE_PERIOD_MS;
    return { tag, reason: found.reason, publishedAt, withinGrace };
  }

  /** Returns the release, or what is missing for one. */
  async #readVersion(
    version: Version,
    signal: AbortSignal,
  ): Promise<Release | string> {
    const { platform, artifact } = this.#options;
    const folder = join(this.#options.folder, version.tag);
    const names = (await this.#reader.list(folder, signal))?.files ?? [];
    const candidates = names.filter((name) => !TEMPORARY.test(name));
    const name = artifact ?? selectArtifact(candidates, platform);
    if (name === undefined) {
      const { os, arch } = platform;
      return `artifact not found: no file is named for ${os} and ${arch}`;
    }
    const facts = await this.#reader.stat(join(folder, name), signal);
    if (!names.includes(name) || facts?.kind !== "file") {
      return `artifact not found: ${name}`;
    }
    if (facts.size === 0) return `artifact is empty: ${name}`;
    const checksums = await this.#readChecksums(folder, {
      names: checksumNames(candidates, name),
      signal,
    });
    const empty = checksums.find((file) =>
      file.facts.size === 0 && file.name.startsWith(`${name}.`)
    );
    if (empty !== undefined) return `checksum is empty: ${empty.name}`;
    return toRelease(version, { folder, name, facts, checksums });
  }

  async #readChecksums(
    folder: string,
    options: { readonly names: string[]; readonly signal: AbortSignal },
  ): Promise<NamedFile[]> {
    const files: NamedFile[] = [];
    for (const name of options.names) {
      const facts = await this.#reader.stat(join(folder, name), options.signal);
      if (facts?.kind === "file") files.push({ name, facts });
    }
    return files;
  }
}

/** A version that this host may not read must not keep it from older ones. */
function toReason(error: unknown, { tag }: Version): string {
  if (error instanceof SourceError && error.code === "denied") {
    return `permission denied: let the user dewy runs as read "${tag}" and what is in it`;
  }
  throw error;
}

interface NamedFile {
  readonly name: string;
  readonly facts: FileFacts;
}

function toRelease(
  { tag, slot }: Version,
  found: NamedFile & {
    readonly folder: string;
    readonly checksums: readonly NamedFile[];
  },
): Release {
  const { folder, name, facts, checksums } = found;
  const toUrl = (file: string) => pathToFileURL(join(folder, file)).href;
  return {
    id: `${tag}/${name}`,
    tag,
    slot,
    artifactUrl: toUrl(name),
    artifactName: name,
    fingerprint: [facts, ...checksums.map((file) => file.facts)]
      .map(({ fingerprint }) => fingerprint).join(" "),
    size: facts.size,
    checksumUrls: checksums.map((file) => toUrl(file.name)),
    publishedAt: facts.modifiedAt,
  };
}
