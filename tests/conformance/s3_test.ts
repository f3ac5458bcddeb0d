import { S3Server } from "../support/s3_server.ts";
import { openObjectHarness } from "./object_harness.ts";
import { testObjectStore } from "./object_store_suite.ts";
import { testRegistry } from "./registry_suite.ts";
import { openS3Bucket, openS3StoreHarness } from "./s3_harness.ts";

// It ends with the process of the tests.
const server = await S3Server.start();

testObjectStore("s3", () => openS3StoreHarness(server));
testRegistry({
  name: "s3",
  open: async () => openObjectHarness(await openS3Bucket(server)),
  serverChooses: false,
  cannot: {},
  // The SDK asks three times, but for a service that wants to be left alone.
  attempts: {
    metadata: { "500": 3, reset: 3, cut: 3 },
    bytes: { "500": 3, reset: 3 },
  },
  ownFaults: { metadata: {}, bytes: {} },
});
