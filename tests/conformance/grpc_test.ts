import { openGrpcHarness } from "./grpc_harness.ts";
import { testRegistry } from "./registry_suite.ts";

const NO_LISTING =
  "the answer is one version with one URL; there is no listing in the protocol";
const NO_RULES =
  "the request names no slot and no constraint, so that the server cannot filter by them";
const NO_CHOICE =
  "the request names no version, so that the server cannot be asked for another one";
const NO_SIZE =
  "the answer has no size of the artifact, so that there is nothing to compare with";

testRegistry({
  name: "grpc",
  open: openGrpcHarness,
  serverChooses: true,
  cannot: {
    "latest() filters by slot before it chooses": NO_RULES,
    "latest() keeps to the constraint": NO_RULES,
    "latest() gives the one version that is wished for": NO_CHOICE,
    "latest() chooses among what a wish leaves": NO_CHOICE,
    "latest() keeps to the rules when a version is wished for": NO_RULES,
    "latest() says what a version that is wished for lacks": NO_CHOICE,
    "survey() says of each version why it is not offered": NO_LISTING,
    "survey() shows 50 versions and the offered one": NO_LISTING,
    "latest() tells the newer versions without their artifact": NO_LISTING,
    "latest() says when the grace period is over": NO_LISTING,
    "latest() takes an empty artifact for an upload under way": NO_SIZE,
    "latest() lists the checksum files, the most specific first": NO_LISTING,
    "latest() takes no half of a listing when a later page fails": NO_LISTING,
    'latest() tells of the fault "shorter"':
      "the length of a message is part of the message: a shorter one is another one",
    'open() tells of the fault "shorter"': NO_SIZE,
    'open() tells of the fault "longer"': NO_SIZE,
  },
  // Each poll asks once: the next one comes soon enough.
  attempts: { metadata: {}, bytes: {} },
  ownFaults: {
    metadata: {
      UNAVAILABLE: { code: "unavailable", attempts: 1 },
      INTERNAL: { code: "unavailable", attempts: 1 },
      RESOURCE_EXHAUSTED: {
        code: "unavailable",
        retryAfterMs: 7_000,
        attempts: 1,
      },
      DEADLINE_EXCEEDED: { code: "timeout", attempts: 1 },
      slow: { code: "timeout", attempts: 1 },
    },
    bytes: {},
  },
});
