import { ConfigError } from "../base/errors.ts";
import type { TransferLimits } from "../base/transfer_limits.ts";
import { describeUrl, type DriverUrl } from "../base/url.ts";
import type { BrowsableStore } from "./object_store.ts";

/** A place in a bucket. */
export interface BucketPlace {
  readonly store: BrowsableStore;
  /** What all keys begin with: empty, or ending in a slash. */
  readonly prefix: string;
  /** Returns the URL of an object, which {@link openObject} reads back. */
  urlOf(key: string): string;
}

/** An object, and the bucket it is in. */
export interface ObjectPlace {
  readonly store: BrowsableStore;
  readonly key: string;
}

/** How a bucket is opened. */
export interface OpenBucketOptions {
  /** What the URL is for, as it reads in an error: `registry`, `cache`. */
  readonly what: string;
  /** dewy's environment, for credentials and endpoints. */
  readonly env: Readonly<Record<string, string>>;
  readonly limits?: TransferLimits | undefined;
}

/** A bucket that was opened, and the part of the path behind its name. */
interface Opened {
  readonly store: BrowsableStore;
  readonly rest: string;
  readonly urlOf: (key: string) => string;
}

/**
 * Opens the bucket that `s3://region/bucket/prefix` or `gs://bucket/prefix`
 * names. Nothing is asked of the service yet.
 *
 * @throws {ConfigError} When region, bucket or endpoint are missing or bad.
 */
export async function openBucket(
  url: DriverUrl,
  options: OpenBucketOptions,
): Promise<BucketPlace> {
  const { store, rest, urlOf } = await open(url, options);
  const prefix = rest.replace(/^\/+|\/+$/g, "");
  return { store, urlOf, prefix: prefix === "" ? "" : `${prefix}/` };
}

/**
 * Opens the object that an artifact URL names.
 *
 * @throws {ConfigError} When region, bucket, key or endpoint are missing or bad.
 */
export async function openObject(
  url: DriverUrl,
  options: OpenBucketOptions,
): Promise<ObjectPlace> {
  const { store, rest } = await open(url, options);
  const key = rest.slice(1);
  if (key === "") throw badForm(url, options.what);
  return { store, key };
}

function open(url: DriverUrl, options: OpenBucketOptions): Promise<Opened> {
  return url.scheme === "gs" ? openGcs(url, options) : openS3(url, options);
}

async function openS3(
  url: DriverUrl,
  { what, env, limits }: OpenBucketOptions,
): Promise<Opened> {
  const region = url.options.get("region") ?? url.host;
  const [, bucket = "", rest = ""] = /^\/([^/]+)(.*)$/s.exec(url.path) ?? [];
  if (!/^[A-Za-z0-9-]+$/.test(region) || bucket === "") {
    throw badForm(url, what);
  }
  const given = url.options.get("endpoint");
  const endpoint = given ?? environmentEndpoint(env);
  if (endpoint !== undefined && !isHttpUrl(endpoint)) {
    throw new ConfigError(
      `Cannot open ${what} "${describeUrl(url.text)}": the endpoint is no URL`,
      { hint: "Write it with its scheme: endpoint=https://s3.example.com" },
    );
  }
  const { S3Store } = await import("./s3_store.ts");
  const query = given === undefined
    ? ""
    : `?endpoint=${encodeURIComponent(given)}`;
  return {
    store: new S3Store({ region, bucket, endpoint, env, limits }),
    rest,
    urlOf: (key) => `s3://${region}/${encodePath(`${bucket}/${key}`)}${query}`,
  };
}

async function openGcs(
  url: DriverUrl,
  { what, env, limits }: OpenBucketOptions,
): Promise<Opened> {
  const { host: bucket, path: rest } = url;
  if (!/^[a-z0-9._-]+$/.test(bucket)) throw badForm(url, what);
  const { GcsStore } = await import("./gcs_store.ts");
  return {
    store: new GcsStore({ bucket, env, limits }),
    rest,
    urlOf: (key) => `gs://${bucket}/${encodePath(key)}`,
  };
}

function badForm(url: DriverUrl, what: string): ConfigError {
  const form = url.scheme === "gs"
    ? "gs://<bucket>/<prefix>"
    : "s3://<region>/<bucket>/<prefix>";
  return new ConfigError(`Cannot open ${what} "${describeUrl(url.text)}"`, {
    hint: `It must have the form ${form}`,
  });
}

function environmentEndpoint(
  env: Readonly<Record<string, string>>,
): string | undefined {
  if (env["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] === "true") return undefined;
  return env["AWS_ENDPOINT_URL_S3"] || env["AWS_ENDPOINT_URL"] || undefined;
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^/]/.test(text) && URL.canParse(text);
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
