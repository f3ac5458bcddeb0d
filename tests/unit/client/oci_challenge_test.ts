import { deepEqual, equal, ok } from "node:assert/strict";
import { readChallenge } from "../../../src/client/oci_challenge.ts";

function bearer(realm: string, service?: string, scope = "") {
  return { scheme: "bearer", realm, service, scope };
}

const CASES: readonly (readonly [string, unknown])[] = [
  [
    'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"',
    bearer("https://a/t", "s", "repository:a/b:pull,push"),
  ],
  ['bearer  realm = "https://a/t"', bearer("https://a/t")],
  ["Bearer realm=https://a/t, service=s", bearer("https://a/t", "s")],
  ['Bearer realm="a\\"b, Basic c"', bearer('a"b, Basic c')],
  [
    'Basic realm="x, y=z", Bearer realm="https://a/t"',
    bearer("https://a/t"),
  ],
  ['BASIC realm="x"', { scheme: "basic" }],
  ["Basic", { scheme: "basic" }],
  ['Negotiate, Basic realm="x"', { scheme: "basic" }],
  // Without a realm there is nowhere to go.
  ['Bearer service="s", Basic', { scheme: "basic" }],
];

for (const [header, challenge] of CASES) {
  Deno.test(`readChallenge() reads ${header}`, () => {
    deepEqual(readChallenge(header), challenge);
  });
}

Deno.test("readChallenge() finds none where there is none", () => {
  for (const header of [null, "", "Digest realm=x", "=,;", "Bearer", '"']) {
    equal(readChallenge(header), undefined);
  }
  const started = performance.now();
  readChallenge(`Bearer ${'a="b\\'.repeat(20_000)}`);
  readChallenge(" ,".repeat(50_000));
  ok(performance.now() - started < 1_000);
});
