import assert from "node:assert/strict";
import { join } from "node:path";
import { FilesystemError } from "../../../src/base/errors.ts";
import {
  describeTree,
  extractBytes,
  openYard,
  run,
} from "../../support/extract_support.ts";
import { tar } from "../../support/tar_bytes.ts";

const PACKERS: Readonly<Record<string, readonly string[]>> = {
  "a.tar": ["tar", "-cf"],
  "gnu.tar": ["tar", "--format=gnu", "-cf"],
  "pax.tar": ["tar", "--format=posix", "-cf"],
  "a.tar.gz": ["tar", "-czf"],
  "a.TGZ": ["tar", "-czf"],
  "a.tar.bz2": ["tar", "-cjf"],
  "a.tbz2": ["tar", "-cjf"],
  "a.tar.xz": ["tar", "-cJf"],
  "a.txz": ["tar", "-cJf"],
  "a.tar.zst": ["tar", "--zstd", "-cf"],
  "a.tzst": ["tar", "--zstd", "-cf"],
  "a.zip": ["zip", "-qry"],
};

for (const [name, argv] of Object.entries(PACKERS)) {
  Deno.test(`extractArchive() restores what ${argv.join(" ")} packed as ${name}`, async () => {
    await using yard = await openYard();
    const source = join(yard.root, "source");
    await makeTree(source);
    const path = join(yard.root, "packed.zip");
    await run([...argv, path, "."], source);
    const archive = { name, bytes: await Deno.readFile(path) };
    const summary = await extractBytes(yard, archive);
    const expected = await describeTree(source);
    assert.deepEqual(
      await describeTree(yard.target),
      // Zip knows no hard links: each name gets its own file.
      name === "a.zip" ? expected.map(unlinked) : expected,
    );
    assert.equal(summary.entries, expected.length);
    await Deno.chmod(join(source, "sealed"), 0o755);
    await Deno.chmod(join(yard.target, "sealed"), 0o755);
  });
}

const mayMount = await canMount();

Deno.test({
  name: `extractArchive() says that the disk is full${
    mayMount ? "" : " (left out: only root may mount the small file system)"
  }`,
  ignore: !mayMount,
  fn: async () => {
    await using yard = await openYard();
    const small = ["mount", "-t", "tmpfs", "-o", "size=2m", "small"];
    await run([...small, yard.target], yard.root);
    try {
      const noise = new Uint8Array(4 * 1024 * 1024).fill(1);
      const archive = { name: "a.tar", bytes: tar({ name: "f", body: noise }) };
      await assert.rejects(
        extractBytes(yard, archive),
        (error) =>
          error instanceof FilesystemError &&
          /disk is full/.test(error.hint ?? ""),
      );
    } finally {
      await run(["umount", yard.target], yard.root);
    }
  },
});

/** Makes everything an honest release can hold. */
async function makeTree(root: string): Promise<void> {
  const long = `long-${"n".repeat(90)}`;
  const deep = join(root, long, long, long, long);
  for (const folder of [deep, join(root, "empty"), join(root, "sealed")]) {
    await Deno.mkdir(folder, { recursive: true });
  }
  const files: Readonly<Record<string, number>> = {
    "bin/app": 0o755,
    "sp ace/ünïcode ☃ 日本": 0o640,
    "-dash": 0o600,
    "read-only": 0o444,
    "sealed/inside": 0o644,
    [`${long}/${long}/${long}/${long}/${long}`]: 0o644,
  };
  for (const [path, mode] of Object.entries(files)) {
    await writeFile(join(root, path), mode);
  }
  await Deno.writeFile(join(root, "zero"), new Uint8Array(0));
  await Deno.link(join(root, "bin/app"), join(root, "bin/same"));
  await Deno.symlink("bin/app", join(root, "a-forward-link"));
  await Deno.symlink("../bin", join(root, "empty/folder-link"));
  await Deno.symlink(`${long}/${long}/${long}`, join(root, "long-link"));
  await Deno.chmod(join(root, "empty"), 0o700);
  await Deno.chmod(join(root, "sealed"), 0o555);
}

async function writeFile(path: string, mode: number): Promise<void> {
  await Deno.mkdir(join(path, ".."), { recursive: true });
  const text = `${path}\n`.repeat(2000);
  await Deno.writeTextFile(path, text);
  await Deno.chmod(path, mode);
}

function unlinked(line: string): string {
  return line.replace("links=2", "links=1");
}

/** Whether this is root on a system that lets it mount. */
async function canMount(): Promise<boolean> {
  if (Deno.uid() !== 0) return false;
  const dir = await Deno.makeTempDir();
  const mount = ["-t", "tmpfs", "-o", "size=1m", "probe", dir];
  const { success } = await new Deno.Command("mount", { args: mount }).output();
  if (success) await new Deno.Command("umount", { args: [dir] }).output();
  await Deno.remove(dir);
  return success;
}
