import { openGhrHarness } from "./ghr_harness.ts";
import { testRegistry } from "./registry_suite.ts";

testRegistry("ghr", openGhrHarness);
