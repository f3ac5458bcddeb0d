import { openFileHarness } from "./file_harness.ts";
import { testRegistry } from "./registry_suite.ts";

const NO_SERVER =
  "there is no server and no connection; what a file system can do has cases of its own";
const NO_HANG =
  "no test can make a file system hang without a kernel module or a network mount; what is then done is in tests/unit/registry/folder_reader_test.ts";
const NO_PARTS =
  "a folder is listed by the kernel, whole or not at all; there is no answer to damage";

testRegistry({
  name: "file",
  open: openFileHarness,
  serverChooses: false,
  cannot: {
    "latest() ends with an abort while it waits": NO_HANG,
    "report() ends with an abort while it waits": NO_HANG,
    "open() ends with an abort while it waits": NO_HANG,
    "a body that stalls ends with an abort": NO_HANG,
    'latest() tells of the fault "429"': NO_SERVER,
    'latest() tells of the fault "500"': NO_SERVER,
    'latest() tells of the fault "reset"': NO_SERVER,
    'latest() tells of the fault "hang"': NO_HANG,
    'latest() tells of the fault "cut"': NO_PARTS,
    'latest() tells of the fault "stall"': NO_HANG,
    'latest() tells of the fault "shorter"': NO_PARTS,
    "latest() takes no half of a listing when a later page fails": NO_PARTS,
    'report() tells of the fault "500"': NO_SERVER,
    'open() tells of the fault "429"': NO_SERVER,
    'open() tells of the fault "500"': NO_SERVER,
    'open() tells of the fault "reset"': NO_SERVER,
    'open() tells of the fault "hang"': NO_HANG,
    'open() tells of the fault "stall"': NO_HANG,
  },
  attempts: { metadata: {}, bytes: {} },
  ownFaults: {
    metadata: {
      vanished: { code: "not-found" },
      denied: { code: "denied" },
    },
    bytes: {
      vanished: { code: "not-found" },
      denied: { code: "denied" },
      folder: { code: "not-found" },
      shorter: { code: "length" },
      longer: { code: "length" },
      // The file was as long as announced when it was opened.
      cut: { code: "length" },
    },
  },
});
