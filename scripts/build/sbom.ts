import { createHash } from "node:crypto";
import type { LockedPackage, ModuleGraph } from "./module_graph.ts";
import { type BuildVersion, isoTime } from "./version.ts";

/** A component of a CycloneDX document: <https://cyclonedx.org/docs/1.6/json/>. */
export interface Component {
  readonly type: "application" | "library" | "platform";
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly [property: string]: unknown;
}

/** A CycloneDX 1.6 document. */
export interface Sbom {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: {
    readonly timestamp: string;
    readonly component: Component;
  };
  readonly components: readonly Component[];
  readonly dependencies: readonly {
    readonly ref: string;
    readonly dependsOn: readonly string[];
  }[];
}

/** Names that SPDX gives these licences; a document must not hold names that it does not give. */
const SPDX_IDS = ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC"]
  .concat("0BSD");

/**
 * Returns what dewy is made of: its npm packages and the Deno runtime, the same
 * for the same input.
 *
 * @param denoVersion Of the runtime that is compiled in.
 */
export function renderSbom(
  graph: ModuleGraph,
  version: BuildVersion,
  denoVersion: string,
): Sbom {
  const dewy: Component = {
    type: "application",
    "bom-ref": `dewy@${version.version}`,
    name: "dewy",
    version: version.version,
  };
  const deno: Component = {
    type: "platform",
    "bom-ref": `deno@${denoVersion}`,
    name: "deno",
    version: denoVersion,
    purl: `pkg:github/denoland/deno@v${denoVersion}`,
    ...licensed("MIT"),
  };
  const keys = [...graph.packages.keys()].toSorted();
  const contents = {
    metadata: { timestamp: isoTime(version.epoch), component: dewy },
    components: [
      deno,
      ...[...graph.packages].toSorted(([a], [b]) => a < b ? -1 : 1)
        .map(([key, found]) => componentOf(key, found)),
    ],
    dependencies: [
      { ref: dewy["bom-ref"], dependsOn: [deno["bom-ref"], ...graph.roots] },
      { ref: deno["bom-ref"], dependsOn: [] },
      ...keys.map((key) => ({
        ref: key,
        dependsOn: graph.packages.get(key)?.dependencies.toSorted() ?? [],
      })),
    ],
  };
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(contents))}`,
    version: 1,
    ...contents,
  };
}

function componentOf(key: string, found: LockedPackage): Component {
  const { name, version, integrity, license } = found;
  const [algorithm, base64 = ""] = integrity.split(/-(.*)/s);
  return {
    type: "library",
    "bom-ref": key,
    name,
    version,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    ...(algorithm === "sha512"
      ? { hashes: [{ alg: "SHA-512", content: hexOf(base64) }] }
      : {}),
    ...(license === undefined ? {} : licensed(license)),
  };
}

function licensed(license: string): { readonly licenses: readonly unknown[] } {
  const value = SPDX_IDS.includes(license) ? { id: license } : {
    name: license,
  };
  return { licenses: [{ license: value }] };
}

function hexOf(base64: string): string {
  return Uint8Array.fromBase64(base64).toHex();
}

/** Returns a name-based UUID (RFC 9562, version 8) of a text. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = "89ab"[parseInt(hex.charAt(16), 16) % 4];
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
