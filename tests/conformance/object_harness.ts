import { openArtifactStore } from "../../src/artifact/open_artifact_store.ts";
import { openRegistry } from "../../src/registry/open_registry.ts";
import type { ProxiedFaults } from "./proxied_faults.ts";
import {
  type Artifacts,
  LIMITS,
  type OpenOptions,
  queryOf,
  type RegistryHarness,
} from "./registry_harness.ts";

/** A bucket for one test. */
export interface TestBucket {
  /** Where the registry is: `s3://region/bucket`. */
  readonly url: string;
  /** A registry in a bucket that there is not. */
  readonly missingUrl: string;
  readonly env: Readonly<Record<string, string>>;
  /** What no error may show. */
  readonly secrets: readonly string[];
  /** Between the drivers and the service. */
  readonly faults: ProxiedFaults;
  /** Puts objects, as somebody else than dewy does. */
  put(
    objects: readonly (readonly [key: string, text: string])[],
  ): Promise<void>;
  remove(key: string): Promise<void>;
  /** Names of all objects that begin with `prefix`. */
  keys(prefix: string): Promise<string[]>;
}

/** Where in the bucket the registry is; the name needs escaping. */
const PREFIX = "my apps/é+%20";

/** Sets up a registry below a prefix, with junk beside and in it. */
export async function openObjectHarness(
  bucket: TestBucket,
): Promise<RegistryHarness> {
  await bucket.put([
    ["v9.9.9/app_linux_amd64.tar.gz", "outside"],
    [`${PREFIX}-other/v9.9.9/app_linux_amd64.tar.gz`, "of another one"],
  ]);
  const folder = `${bucket.url}/${
    PREFIX.split("/").map(encodeURIComponent).join("/")
  }`;
  const toObjects = (tag: string, artifacts: Artifacts) => {
    const entries = Object.entries(artifacts);
    // There are no empty folders: an upload begins with some other object.
    const objects = entries.length > 0 ? entries : [["NOTES", "begun"]];
    return objects.map(([name, text]) =>
      [`${PREFIX}/${tag}/${name}`, text ?? ""] as const
    );
  };
  return {
    store: openArtifactStore({ env: bucket.env, limits: LIMITS }),
    faults: bucket.faults,
    secrets: () => bucket.secrets,
    publish: (tag, artifacts) => bucket.put(toObjects(tag, artifacts)),
    publishMany: (tags, artifacts) =>
      bucket.put(tags.flatMap((tag) => toObjects(tag, artifacts(tag)))),
    withdraw: (tag, artifact) => bucket.remove(`${PREFIX}/${tag}/${artifact}`),
    open: (options) => open(folder, options, bucket.env),
    openMissing: () => open(bucket.missingUrl, {}, bucket.env),
    async records(tag) {
      const keys = await bucket.keys(`${PREFIX}/${tag}/shipped_to_`);
      return keys.map((key) => key.slice(key.lastIndexOf("/") + 1)).sort();
    },
    [Symbol.asyncDispose]: () => bucket.faults[Symbol.asyncDispose](),
  };
}

function open(
  url: string,
  options: OpenOptions,
  env: Readonly<Record<string, string>>,
) {
  return openRegistry(`${url}?${queryOf(options)}`, {
    slot: options.slot ?? "",
    platform: options.platform ?? { os: "linux", arch: "amd64" },
    env,
    limits: LIMITS,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
}
