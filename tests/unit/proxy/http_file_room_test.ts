import assert from "node:assert/strict";
import { FileRoom } from "../../../src/proxy/http/file_room.ts";

Deno.test("room is looked for once for as many clients as there ever were", () => {
  const room = new FileRoom();
  let looks = 0;
  const unsettled = () => {
    looks++;
    return 0;
  };
  for (let round = 0; round < 3; round++) {
    for (let clients = 0; clients < 64; clients++) {
      room.find(clients, unsettled);
    }
  }
  assert.equal(looks, 2);
  room.forget();
  room.find(40, unsettled);
  assert.equal(looks, 3);
});
