import assert from "node:assert/strict";
import { listenOnPort } from "../../../src/admin/doors.ts";
import { ADMIN_LIMITS, AdminListener } from "../../../src/admin/listener.ts";
import { textReply } from "../../../src/admin/replies.ts";
import { freePort } from "../../support/free_port.ts";

Deno.test("it goes on accepting when there was no descriptor for a while", async () => {
  const port = freePort();
  const open = listenOnPort(port);
  let failures = 3;
  const pauses: number[] = [];
  await using _listener = new AdminListener({
    listener: {
      accept: () => {
        if (failures-- <= 0) return open.accept();
        return Promise.reject(new Error("Too many open files (os error 24)"));
      },
      close: () => open.close(),
    },
    door: "tcp",
    handle: () => Promise.resolve(textReply(200, "here")),
    limits: ADMIN_LIMITS,
    onDefect: (error) => assert.fail(String(error)),
    clock: {
      delay: (ms) => {
        pauses.push(ms);
        return Promise.resolve();
      },
    },
  });
  const response = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(await response.text(), "here\n");
  assert.deepEqual(pauses, [500, 500, 500]);
});
