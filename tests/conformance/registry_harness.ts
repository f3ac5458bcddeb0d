import { ok } from "node:assert/strict";
import type { ArtifactStore } from "../../src/artifact/artifact_store.ts";
import type { SourceErrorCode } from "../../src/base/errors.ts";
import type { Platform } from "../../src/base/platform.ts";
import type { Release } from "../../src/base/release.ts";
import type { TransferLimits } from "../../src/base/transfer_limits.ts";
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
  /** Lets the driver meet faults. */
  readonly faults: FaultInjector;
  /** What no error may show: keys, tokens, signatures. */
  secrets(): readonly string[];
}

/** What a driver is in the middle of when it meets a fault: asking what there is, or reading an artifact. */
export type FaultTarget = "metadata" | "bytes";

/** Puts faults between a driver and what it asks. */
export interface FaultInjector {
  /** From now on every request of this kind meets the fault, but for the first `after` ones. */
  set(target: FaultTarget, fault: string, after?: number): Promise<void>;
  /** From now on none does. */
  clear(): Promise<void>;
  /** How many requests have met a fault. */
  met(): number | Promise<number>;
}

/** What must come of a fault. */
export interface FaultOutcome {
  /** Code of the `SourceError`; `length`: of an `ArtifactError`. */
  readonly code: SourceErrorCode | "length";
  /** How long the source asks to be left alone, milliseconds. */
  readonly retryAfterMs?: number;
  /** How many requests a driver makes before it gives up; left out where none can be counted. */
  readonly attempts?: number;
}

/** What is to be known of a driver before its tests are registered. */
export interface DriverUnderTest {
  /** As in its URLs. */
  readonly name: string;
  /** Sets up one empty registry. */
  open(): Promise<RegistryHarness>;
  /** Whether the registry is a server that names one version, and lists none. */
  readonly serverChooses: boolean;
  /** Behaviours that cannot be put to this driver, each with the reason. */
  readonly cannot: Readonly<Record<string, string>>;
  /** Requests that a common fault costs, where it is not one. */
  readonly attempts: Readonly<
    Record<FaultTarget, Readonly<Record<string, number>>>
  >;
  /** Faults that only this driver can meet, and what comes of common ones where it is not the common outcome. */
  readonly ownFaults: Readonly<
    Record<FaultTarget, Readonly<Record<string, FaultOutcome>>>
  >;
}

/** Registers one test. */
export type Test = (
  behaviour: string,
  body: (harness: RegistryHarness, driver: DriverUnderTest) => Promise<void>,
) => void;

/** How long drivers wait in these tests: a busy machine must not be taken for a silent one. */
export const LIMITS: TransferLimits = { answerMs: 2_000, stallMs: 2_000 };

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

/** Returns the query of a registry URL. */
export function queryOf(options: OpenOptions): string {
  const { preRelease = false, artifact = "", version = "", calver = "" } =
    options;
  return [
    `pre-release=${preRelease}`,
    `artifact=${encodeURIComponent(artifact)}`,
    `version=${encodeURIComponent(version)}`,
    `calver=${encodeURIComponent(calver)}`,
  ].join("&");
}
