import { openGrpcHarness } from "./grpc_harness.ts";
import { testRegistry } from "./registry_suite.ts";

// The server chooses, has no listing, and takes reports of any kind: what is
// about those is in tests/unit/registry/grpc_test.ts.
testRegistry("grpc", openGrpcHarness, {
  only: [
    "latest() passes over names that are no version",
    "latest() chooses among 2,500 versions",
    "latest() and report() end with the reason of an abort",
    "latest() names an artifact that can be opened, whatever it is called",
    "report() changes nothing that latest() says",
  ],
});
