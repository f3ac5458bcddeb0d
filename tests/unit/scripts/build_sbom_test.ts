import assert from "node:assert/strict";
import { join } from "node:path";
import { readModuleGraph } from "../../../scripts/build/module_graph.ts";
import { renderSbom } from "../../../scripts/build/sbom.ts";
import { PROGRAMS } from "../../../scripts/bundle.ts";
import { fromFolder } from "../../../scripts/paths.ts";
import { TempDir } from "../../support/temp_dir.ts";

const VERSION = {
  version: "1.2.3",
  commit: "0".repeat(40),
  date: "2026-01-15T12:00:00Z",
  epoch: 1768478400,
};
const TYPES = ["application", "library", "platform"];
const PURL = /^pkg:(?:npm\/(?:%40[\w.-]+\/)?[\w.-]+|github\/[\w/]+)@[\w.-]+$/;

/** What the JSON schema of CycloneDX 1.6 demands of the parts that are used. */
Deno.test("the list of parts is a CycloneDX document", async () => {
  const graph = await readModuleGraph(PROGRAMS);
  const sbom = renderSbom(graph, VERSION, "2.9.6");
  assert.equal(sbom.bomFormat, "CycloneDX");
  assert.equal(sbom.specVersion, "1.6");
  assert.match(
    sbom.serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assert.equal(sbom.metadata.timestamp, VERSION.date);
  const all = [sbom.metadata.component, ...sbom.components];
  const refs = new Set(all.map((component) => component["bom-ref"]));
  assert.equal(refs.size, all.length);
  for (const component of all) {
    assert.ok(TYPES.includes(component.type));
    assert.ok(component.name !== "" && component.version !== "");
    if (component.type !== "application") {
      assert.match(String(component["purl"]), PURL);
    }
  }
  const told = sbom.dependencies.map(({ ref }) => ref);
  assert.deepEqual(new Set(told), refs);
  assert.equal(told.length, refs.size);
  for (const { dependsOn } of sbom.dependencies) {
    assert.equal(new Set(dependsOn).size, dependsOn.length);
    assert.ok(dependsOn.every((ref) => refs.has(ref)));
  }
});

Deno.test("every npm package of the bundle is listed with its checksum", async () => {
  const graph = await readModuleGraph(PROGRAMS);
  const { components } = renderSbom(graph, VERSION, "2.9.6");
  const listed = new Map(components.map((component) => [
    `${component.name}@${component.version}`,
    JSON.stringify(component["hashes"]),
  ]));
  const bundled = await bundledPackages();
  assert.ok(bundled.size > 20, `${bundled.size} packages were found`);
  for (const name of bundled) {
    assert.match(
      listed.get(name) ?? name,
      /"SHA-512","content":"[0-9a-f]{128}"/,
    );
  }
});

Deno.test("the list of parts depends on nothing but its input", async () => {
  const render = async () =>
    JSON.stringify(renderSbom(await readModuleGraph(PROGRAMS), VERSION, "2"));
  const first = await render();
  assert.equal(await render(), first);
  const other = renderSbom(await readModuleGraph(PROGRAMS), VERSION, "3");
  assert.notEqual(JSON.parse(first).serialNumber, other.serialNumber);
});

/** Returns `name@version` of the packages whose code a bundle has, by its source maps. */
async function bundledPackages(): Promise<Set<string>> {
  await using dir = await TempDir.create();
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--code-splitting", "--sourcemap", "external"],
      ...["--platform", "deno", "--outdir", dir.path, ...PROGRAMS],
    ],
    cwd: fromFolder(".."),
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const found = new Set<string>();
  for await (const { name } of Deno.readDir(dir.path)) {
    if (!name.endsWith(".map")) continue;
    const { sources }: { sources: readonly string[] } = JSON.parse(
      await Deno.readTextFile(join(dir.path, name)),
    );
    for (const source of sources) {
      const [, pkg, version] =
        /\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\/(\d[^/_]*)/.exec(source) ?? [];
      if (pkg !== undefined) found.add(`${pkg}@${version}`);
    }
  }
  return found;
}
