import { equal, ok, throws } from "node:assert/strict";
import { expectAnnounced } from "../../../src/artifact/expected_length.ts";
import { ArtifactError } from "../../../src/base/errors.ts";

const NAME = "app.tar.gz";

Deno.test("expectAnnounced() takes the registry's word where the source gives none", () => {
  const stream = new Blob(["x"]).stream();
  const silent = expectAnnounced({ stream }, { artifactName: NAME, size: 7 });
  equal(silent.length, 7);
  const unannounced = { stream, length: 5 };
  equal(expectAnnounced(unannounced, { artifactName: NAME }), unannounced);
  const equals = expectAnnounced(unannounced, { artifactName: NAME, size: 5 });
  equal(equals.length, 5);
});

Deno.test("expectAnnounced() says both lengths where they differ, and gives the stream up", () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    cancel: () => {
      cancelled = true;
    },
  });
  const body = { stream, length: 5 };
  throws(
    () => expectAnnounced(body, { artifactName: NAME, size: 7 }),
    (error) => {
      ok(error instanceof ArtifactError && error.code === "length");
      ok(/app\.tar\.gz.* 5 bytes.* 7$/.test(error.message), error.message);
      return true;
    },
  );
  ok(cancelled);
});
