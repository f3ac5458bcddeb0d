import assert from "node:assert/strict";
import { join } from "node:path";
import { ArtifactError } from "../../../src/base/errors.ts";
import {
  describeTree,
  extractBytes,
  openYard,
  type Yard,
} from "../../support/extract_support.ts";
import {
  HOSTILE_ARCHIVES,
  type HostileArchive,
  TIGHT_LIMITS,
} from "../../support/hostile_archives.ts";

for (const archive of HOSTILE_ARCHIVES) {
  Deno.test(`extractArchive() rejects ${archive.name} with ${archive.title}: ${archive.code}`, async () => {
    await using yard = await openYard();
    await assertRejected(yard, archive);
  });
}

for (const name of ["a.tar.gz", "a.tar.bz2", "a.tar.xz", "a.tar.zst"]) {
  Deno.test(`extractArchive() rejects noise and nothing as ${name}`, async () => {
    await using yard = await openYard();
    const noise = crypto.getRandomValues(new Uint8Array(4096));
    for (const bytes of [noise, new Uint8Array(0), new Uint8Array(1)]) {
      const archive = { title: "", name, bytes: () => bytes, code: "corrupt" };
      await assertRejected(yard, archive as HostileArchive);
    }
  });
}

Deno.test("describeTree() would show an escape", async () => {
  await using yard = await openYard();
  const before = await describeTree(yard.root, yard.target);
  await Deno.writeTextFile(join(yard.root, "sentinel", "evil"), "");
  assert.notDeepEqual(await describeTree(yard.root, yard.target), before);
});

async function assertRejected(
  yard: Yard,
  { name, bytes, code }: HostileArchive,
): Promise<void> {
  const archive = { name, bytes: bytes() };
  await Deno.writeFile(join(yard.root, "artifact"), archive.bytes);
  const before = await describeTree(yard.root, yard.target);
  await assert.rejects(extractBytes(yard, archive, TIGHT_LIMITS), (error) => {
    assert(error instanceof ArtifactError, `${error}`);
    assert.equal(error.code, code, error.message);
    return true;
  });
  assert.deepEqual(await describeTree(yard.root, yard.target), before);
  await assert.rejects(Deno.lstat("/tmp/dewy-evil"), Deno.errors.NotFound);
}
