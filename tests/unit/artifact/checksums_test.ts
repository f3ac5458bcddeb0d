import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import type { ArtifactStore } from "../../../src/artifact/artifact_store.ts";
import {
  type ExpectedChecksum,
  expectedSha256,
} from "../../../src/artifact/checksums.ts";
import { ArtifactError, SourceError } from "../../../src/base/errors.ts";
import type { Release } from "../../../src/base/release.ts";

const A = "a1".repeat(32);
const B = "b2".repeat(32);
const NAME = "app_linux_amd64.tar.gz";

type Files = Readonly<Record<string, string>>;

function expected(
  files: Files,
  release: Partial<Release> = {},
): Promise<ExpectedChecksum | undefined> {
  const store: ArtifactStore = {
    open(url) {
      const text = files[decodeURIComponent(url.slice("file:///".length))];
      if (text === undefined) {
        return Promise.reject(new SourceError("not-found", "Gone"));
      }
      const { body } = new Response(text);
      ok(body !== null);
      return Promise.resolve({ stream: body });
    },
  };
  return expectedSha256({
    id: "",
    tag: "v1.0.0",
    slot: "",
    artifactUrl: "",
    artifactName: NAME,
    checksumUrls: Object.keys(files).map((name) =>
      `file:///${encodeURIComponent(name)}`
    ),
    ...release,
  }, { store, signal: new AbortController().signal });
}

Deno.test("expectedSha256() reads every usual form", async () => {
  const own = `${NAME}.sha256`;
  const forms: readonly [string, string][] = [
    [own, A],
    [own, `${A.toUpperCase()}\n`],
    [own, `\uFEFF${A}  ${NAME}\r\n`],
    [own, `${A}  -\n`],
    [own, `${A} *dist/build.tar.gz\n`],
    [own, `SHA256 (${NAME}) = ${A}\n`],
    ["SHA256SUMS", `# sums\n\n${B}  app_linux_arm64.tar.gz\n${A}  ${NAME}\n`],
    ["SHA256SUMS", `${A}  ./${NAME}\n${B}  ./x\n`],
    ["SHA256SUMS", `${A} *${NAME}\r\n${B} *x\r\n`],
    ["checksums.txt", `${B}  old/${NAME}\n${A}  ${NAME}`],
    ["checksums.txt", `${A}  dist/${NAME}`],
    ["checksums.txt", `SHA256 (x) = ${B}\nSHA256 (${NAME}) = ${A}`],
    ["checksums.txt", `${A}  ${NAME}\n${A}  ${NAME}\n`],
  ];
  for (const [source, text] of forms) {
    deepEqual(await expected({ [source]: text }), { sha256: A, source }, text);
  }
});

Deno.test("expectedSha256() believes the registry first", async () => {
  const files = { [`${NAME}.sha256`]: B };
  deepEqual(await expected(files, { sha256: A.toUpperCase() }), {
    sha256: A,
    source: "registry",
  });
});

Deno.test("expectedSha256() goes on to the file that mentions the artifact", async () => {
  const files = {
    "SHA256SUMS": `${B}  other.tar.gz\n${B}  x${NAME}\n${B}\n`,
    "checksums.txt": `${A}  ${NAME}\n`,
  };
  deepEqual(await expected(files), { sha256: A, source: "checksums.txt" });
  equal(await expected({ SHA256SUMS: files.SHA256SUMS }), undefined);
  equal(await expected({}), undefined);
});

Deno.test("expectedSha256() passes over a file that has been removed", async () => {
  const checksumUrls = [`file:///${NAME}.sha256`, "file:///checksums.txt"];
  const files = { "checksums.txt": `${A}  ${NAME}` };
  equal((await expected(files, { checksumUrls }))?.sha256, A);
});

Deno.test("expectedSha256() never ignores a file of the artifact's own", async () => {
  const texts = ["", "not found", A.slice(1), `${A}  x\n${B}  y\n`, `0${A}`];
  for (const text of texts) {
    await rejects(
      expected({ [`${NAME}.sha256`]: text, "SHA256SUMS": `${A}  ${NAME}` }),
      (error) => error instanceof ArtifactError && error.code === "checksum",
      text,
    );
  }
});

Deno.test("expectedSha256() refuses a list that contradicts itself or is endless", async () => {
  const texts = [`${A}  ${NAME}\n${B}  ${NAME}\n`, "x\n".repeat(600_000)];
  for (const text of texts) {
    await rejects(expected({ SHA256SUMS: text }), { code: "checksum" });
  }
});

Deno.test("expectedSha256() names a file whose address has a plain percent sign", async () => {
  const checksumUrls = [`file:///${NAME}.100%`];
  const store: ArtifactStore = {
    open: () => Promise.resolve({ stream: new Blob([A]).stream() }),
  };
  const release = {
    id: "",
    tag: "v1.0.0",
    slot: "",
    artifactUrl: "",
    artifactName: NAME,
    checksumUrls,
  };
  deepEqual(
    await expectedSha256(release, {
      store,
      signal: new AbortController().signal,
    }),
    { sha256: A, source: `${NAME}.100%` },
  );
});
