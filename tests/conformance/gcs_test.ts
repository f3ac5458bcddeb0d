import { GcsServer } from "../support/gcs_server.ts";
import { openGcsBucket, openGcsStoreHarness } from "./gcs_harness.ts";
import { openObjectHarness } from "./object_harness.ts";
import { testObjectStore } from "./object_store_suite.ts";
import { testRegistry } from "./registry_suite.ts";

// It ends with the process of the tests.
const server = await GcsServer.start();

testObjectStore("gs", () => openGcsStoreHarness(server));
testRegistry({
  name: "gs",
  open: async () => openObjectHarness(await openGcsBucket(server)),
  serverChooses: false,
  cannot: {},
  // Each poll asks once: the next one comes soon enough.
  attempts: { metadata: {}, bytes: {} },
  ownFaults: { metadata: {}, bytes: {} },
});
