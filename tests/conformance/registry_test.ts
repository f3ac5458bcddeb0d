import { openFileHarness } from "./file_harness.ts";
import { testRegistry } from "./registry_suite.ts";

testRegistry("file", openFileHarness);
