import { openGhrHarness } from "./ghr_harness.ts";
import { testRegistry } from "./registry_suite.ts";

testRegistry({
  name: "ghr",
  open: openGhrHarness,
  serverChooses: false,
  cannot: {},
  // A momentary failure is tried again twice, before an answer has begun.
  attempts: {
    metadata: { "500": 3, reset: 3, cut: 3 },
    bytes: { "500": 3, reset: 3 },
  },
  // GitHub's library does not tell a broken connection from half an answer.
  ownFaults: {
    metadata: { shorter: { code: "unavailable", attempts: 3 } },
    bytes: {},
  },
});
