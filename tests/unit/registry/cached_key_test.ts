import { equal, notEqual } from "node:assert/strict";
import { registryCacheKey } from "../../../src/registry/cached_key.ts";

const AMD64 = { os: "linux", arch: "amd64" };
const ARM64 = { os: "linux", arch: "arm64" };

Deno.test("registryCacheKey() is that of the other hosts that share the cache", () => {
  const vectors = [
    ["ghr://owner/repo", "6a3ac88e9034e0d9", "75add796a3e7bd51"],
    [
      "ghr://linyows/dewy-testapp?pre-release=true",
      "d4ed3241edf3ad22",
      "5e6a26d2f73db41e",
    ],
    [
      "ghr://owner/repo?pre-release=true&artifact=a.tar.gz",
      "3ca7ad31f750ee37",
      "039a6e94386164ae",
    ],
    [
      "ghr://owner/repo?artifact=a.tar.gz&pre-release=true",
      "3ca7ad31f750ee37",
      "039a6e94386164ae",
    ],
    [
      "s3://jp-north-1/my-bucket/myapp?endpoint=https://s3.isk01.sakurastorage.jp",
      "caecda06003c13df",
      "fefe464117075466",
    ],
  ] as const;
  for (const [registryUrl, amd64, arm64] of vectors) {
    const keyFor = (platform: typeof AMD64) =>
      registryCacheKey({ registryUrl, platform });
    equal(keyFor(AMD64), `registry-cache/${amd64}.json`);
    equal(keyFor(ARM64), `registry-cache/${arm64}.json`);
  }
});

Deno.test("registryCacheKey() differs by what makes another answer", () => {
  const registryUrl = "ghr://owner/repo";
  const keyOf = (
    extra: readonly string[],
    calver?: string,
    url = registryUrl,
  ) => registryCacheKey({ registryUrl: url, platform: AMD64, extra, calver });
  equal(keyOf([]), keyOf([""]));
  notEqual(keyOf([]), keyOf(["slot=blue"]));
  notEqual(keyOf(["slot=green"]), keyOf(["slot=blue"]));
  equal(
    keyOf([], "YYYY.0M"),
    keyOf([], undefined, `${registryUrl}?calver=YYYY.0M`),
  );
  equal(
    keyOf([], "YYYY.0M", `${registryUrl}?calver=x&artifact=a`),
    keyOf([], undefined, `${registryUrl}?artifact=a&calver=YYYY.0M`),
  );
});
