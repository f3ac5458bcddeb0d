import { ok } from "node:assert/strict";
import type { ArtifactStore } from "../../src/artifact/artifact_store.ts";
import type { Platform } from "../../src/base/platform.ts";
import type { Release } from "../../src/base/release.ts";
import type {
  DeployReport,
  Latest,
  Registry,
} from "../../src/registry/registry.ts";

/** What is published for one version: artifact name and its text. */
export type Artifacts = Readonly<Record<string, string>>;

/** Options of the registry under test; the rest comes from the suite. */
export interface OpenOptions {
  readonly preRelease?: boolean;
  readonly artifact?: string;
  readonly version?: string;
  readonly calver?: string;
  readonly slot?: string;
  readonly platform?: Platform;
  readonly now?: () => number;
}

/** One empty registry of the kind under test, and the means to fill and to look into it. */
export interface RegistryHarness extends AsyncDisposable {
  /** Publishes a version; with no artifacts, one whose upload has only begun. */
  publish(tag: string, artifacts: Artifacts): Promise<void>;
  /** The same for many versions, where there is a quicker way than one by one. */
  publishMany?(
    tags: readonly string[],
    artifactsOf: (tag: string) => Artifacts,
  ): Promise<void>;
  /** Removes an artifact of a published version. */
  withdraw(tag: string, artifact: string): Promise<void>;
  open(options: OpenOptions): Promise<Registry>;
  /** A registry that was never set up. */
  openMissing(): Promise<Registry>;
  /** Names of the audit records of a version. */
  records(tag: string): Promise<string[]>;
  /** Reads the artifacts that the registry names. */
  readonly store: ArtifactStore;
  /** Whether names may hold any character that the registry's files may have. */
  readonly anyName: boolean;
}

/** Sets up one empty registry. */
export type OpenHarness = () => Promise<RegistryHarness>;

/** The platform that the suite asks for. */
export const PLATFORM: Platform = { os: "linux", arch: "amd64" };
/** An artifact for that platform. */
export const ARTIFACT = "app_linux_amd64.tar.gz";
/** A signal that is never aborted. */
export const NEVER = new AbortController().signal;

/** A report of a deploy that worked. */
export function reportOf(release: Release): DeployReport {
  return {
    release,
    command: "server",
    host: "web 1",
    at: Date.UTC(2024, 0, 15, 10, 30, 45, 123),
  };
}

/** Publishes versions that are complete on the platform of the suite. */
export async function publishAll(
  harness: RegistryHarness,
  tags: readonly string[],
): Promise<void> {
  const artifactsOf = (tag: string) => ({ [ARTIFACT]: tag });
  if (harness.publishMany !== undefined) {
    return await harness.publishMany(tags, artifactsOf);
  }
  for (const tag of tags) await harness.publish(tag, artifactsOf(tag));
}

/** Asks a registry that is opened with `options`. */
export function latest(
  harness: RegistryHarness,
  options: OpenOptions,
): Promise<Latest> {
  return harness.open({ platform: PLATFORM, ...options })
    .then((registry) => registry.latest(NEVER));
}

/** Asks for a release that must be there. */
export async function latestRelease(
  harness: RegistryHarness,
  options: OpenOptions,
): Promise<Release> {
  const found = await latest(harness, options);
  ok(found.kind === "release", JSON.stringify(found));
  return found.release;
}

/** Asks for the tag of a release that must be there. */
export async function latestTag(
  harness: RegistryHarness,
  options: OpenOptions,
): Promise<string> {
  return (await latestRelease(harness, options)).tag;
}

/** Reads what the registry named. */
export async function read(
  harness: RegistryHarness,
  url: string,
): Promise<string> {
  const { stream } = await harness.store.open(url, NEVER);
  return await new Response(stream).text();
}
