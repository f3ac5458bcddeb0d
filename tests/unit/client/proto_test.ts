import { equal } from "node:assert/strict";
import { basename } from "node:path";
import {
  generatedPath,
  generateProto,
  PROTOS,
} from "../../../scripts/generate_proto.ts";

for (const proto of PROTOS) {
  Deno.test(`the code for a gRPC service is the one generated from ${basename(proto)}`, async () => {
    const kept = await Deno.readTextFile(generatedPath(proto));
    equal(kept, await generateProto(proto));
  });
}
