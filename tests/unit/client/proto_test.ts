import { equal } from "node:assert/strict";
import { GENERATED, generateProto } from "../../../scripts/generate_proto.ts";

Deno.test("the code for the gRPC service is the one generated from its proto file", async () => {
  equal(await Deno.readTextFile(GENERATED), await generateProto());
});
