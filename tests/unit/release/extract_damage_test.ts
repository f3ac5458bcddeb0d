import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { ArtifactError } from "../../../src/base/errors.ts";
import {
  describeTree,
  extractBytes,
  openYard,
  run,
} from "../../support/extract_support.ts";
import { bytes, concat, tar } from "../../support/tar_bytes.ts";
import { zip } from "../../support/zip_bytes.ts";

const noise = crypto.getRandomValues(new Uint8Array(1500));
const specs = [{ name: "noise", body: noise }, {
  name: "text",
  body: "some text ".repeat(300),
}];
const plain = tar(...specs);

/** Compresses by the program, which reads its input from a file. */
async function byProgram(
  argv: readonly string[],
  input: Uint8Array,
): Promise<Uint8Array> {
  await using yard = await openYard();
  const path = join(yard.root, "input");
  await Deno.writeFile(path, input);
  return await run([...argv, "-c", path], yard.root);
}

const FORMATS: Readonly<
  Record<string, (input: Uint8Array) => Promise<Uint8Array>>
> = {
  "a.tar": (input) => Promise.resolve(input),
  "a.tar.gz": (input) => Promise.resolve(gzipSync(input)),
  "a.tar.bz2": (input) => byProgram(["bzip2"], input),
  "a.tar.xz": (input) => byProgram(["xz"], input),
  "a.tar.zst": (input) => byProgram(["zstd", "-q", "--check"], input),
  "a.zip": () => Promise.resolve(zip(...specs)),
};

for (const [name, pack] of Object.entries(FORMATS)) {
  Deno.test(`extractArchive() rejects ${name} cut off anywhere`, async () => {
    const whole = await pack(plain);
    for (let length = whole.length - 1; length > 0; length -= 61) {
      const cut = whole.subarray(0, length);
      assert.equal(
        await outcome(name, cut),
        "corrupt",
        `${length} of ${whole.length}`,
      );
    }
  });

  if (name === "a.tar") continue;
  Deno.test(`extractArchive() never takes damaged ${name} for whole`, async () => {
    const whole = await pack(plain);
    const expected = await outcome(name, whole);
    assert.match(expected, /noise file .*text file /s);
    for (let at = 0; at < whole.length; at += 23) {
      const damaged = new Uint8Array(whole);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      const result = await outcome(name, damaged);
      // Names, times and modes in a zip have no checksum.
      const isUnprotected = name === "a.zip" && at > whole.length - 140;
      const isRejected = ["corrupt", "refused", "unsupported", "too-large"]
        .includes(result);
      const isSame = result === expected;
      assert(isRejected || isSame || isUnprotected, `byte ${at}: ${result}`);
    }
  });
}

Deno.test("extractArchive() checks the last checksum of each format", async () => {
  for (const [name, fromEnd] of [["gz", 8], ["bz2", 2], ["zst", 1]] as const) {
    const whole = await FORMATS[`a.tar.${name}`]?.(plain) ?? assert.fail();
    const damaged = new Uint8Array(whole);
    const at = damaged.length - fromEnd;
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    assert.equal(await outcome(`a.tar.${name}`, damaged), "corrupt", name);
  }
});

Deno.test("extractArchive() reads concatenated bzip2 and xz streams", async () => {
  const halves = [plain.subarray(0, 700), plain.subarray(700)];
  for (const [program, suffix] of [["bzip2", "bz2"], ["xz", "xz"]] as const) {
    const packed = await Promise.all(
      halves.map((half) => byProgram([program], half)),
    );
    const result = await outcome(`a.tar.${suffix}`, concat(...packed));
    assert.match(result, /noise file .*text file /s, suffix);
  }
});

Deno.test("extractArchive() says which xz variants it cannot read", async () => {
  for (const argv of [["xz", "-C", "sha256"], ["xz", "--x86", "--lzma2"]]) {
    const packed = await byProgram(argv, plain);
    assert.equal(await outcome("a.txz", packed), "unsupported", argv.join(" "));
  }
});

Deno.test("extractArchive() reads xz after a stopped and a failed one", async () => {
  const packed = await byProgram(["xz"], plain);
  assert.equal(await outcome("a.txz", packed.subarray(0, 300)), "corrupt");
  const noEntry = await byProgram(
    ["xz"],
    concat(bytes("x".repeat(600)), plain),
  );
  assert.equal(await outcome("a.txz", noEntry), "corrupt");
  assert.match(await outcome("a.txz", packed), /noise file/);
});

Deno.test("extractArchive() reads bzip2 of every block size", async () => {
  const large = tar({ name: "runs", body: runs() });
  for (const level of ["-1", "-5", "-9"]) {
    const packed = await byProgram(["bzip2", level], large);
    assert.equal(
      await outcome("a.tbz2", packed),
      await outcome("a.tzst", zstdCompressSync(large)),
      level,
    );
  }
});

/** Two MB of runs of all lengths, the hard case of bzip2's first step. */
function runs(): Uint8Array {
  const body = new Uint8Array(2_000_000);
  let at = 0;
  for (let length = 1; at < body.length; length = length % 600 + 1) {
    body.fill(length * 7, at, at + length);
    at += length;
  }
  return body;
}

/** Returns the tree, or the code of the error. */
async function outcome(name: string, archive: Uint8Array): Promise<string> {
  await using yard = await openYard();
  try {
    await extractBytes(yard, { name, bytes: archive });
    return (await describeTree(yard.target)).join("\n");
  } catch (error) {
    if (error instanceof ArtifactError) return error.code;
    throw error;
  }
}
