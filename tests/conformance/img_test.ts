import { openImgHarness } from "./img_harness.ts";
import { testRegistry } from "./registry_suite.ts";

const WHOLE =
  "an image is looked up whole: no files with names belong to a version";
const PULLED =
  "images are pulled by the container runtime, which dewy does not read for";
const UNRECORDED =
  "nothing can be written beside an image, so there are no records";

testRegistry({
  name: "img",
  open: openImgHarness,
  serverChooses: false,
  cannot: {
    "latest() returns the newest version": WHOLE,
    "latest() passes over a version without its artifact": WHOLE,
    "latest() tells the newer versions without their artifact": WHOLE,
    "latest() says when the grace period is over": WHOLE,
    "latest() takes an empty artifact for an upload under way": WHOLE,
    "latest() finds the artifact named in the URL": WHOLE,
    "latest() says that no version has the artifact named in the URL": WHOLE,
    "latest() says what a version that is wished for lacks": WHOLE,
    "survey() says of each version why it is not offered": WHOLE,
    "latest() lists the checksum files, the most specific first": WHOLE,
    "latest() names an artifact that can be opened, whatever it is called":
      WHOLE,
    "open() fails where the artifact is gone": PULLED,
    "open() ends with an abort while it waits": PULLED,
    "a body that stalls ends with an abort": PULLED,
    "report() leaves one record for each deploy": UNRECORDED,
    "report() fails for a version that is gone": UNRECORDED,
    "report() ends with an abort while it waits": UNRECORDED,
    'report() tells of the fault "500"': UNRECORDED,
    ...Object.fromEntries(
      ["429", "500", "reset", "hang", "cut", "stall", "shorter", "longer"]
        .map((fault) => [`open() tells of the fault "${fault}"`, PULLED]),
    ),
  },
  attempts: {
    metadata: { "500": 3, reset: 3, cut: 3 },
    bytes: {},
  },
  ownFaults: { metadata: {}, bytes: {} },
});
