import assert from "node:assert/strict";
import { isolateCount } from "../../../src/cli/compose_proxy.ts";

Deno.test("one isolate of the proxy serves two cores, unless a number is given", () => {
  const counts = [1, 2, 3, 4, 8, 64].map((cores) =>
    isolateCount(undefined, { os: "linux", cores })
  );
  assert.deepEqual(counts, [1, 1, 1, 2, 4, 32]);
  assert.equal(isolateCount(3, { os: "linux", cores: 2 }), 3);
});

Deno.test("without a kernel that deals connections out there is one isolate", () => {
  assert.equal(isolateCount(undefined, { os: "darwin", cores: 8 }), 1);
  assert.equal(isolateCount(3, { os: "darwin", cores: 8 }), 1);
});
