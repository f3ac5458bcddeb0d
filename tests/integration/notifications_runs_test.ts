import assert from "node:assert/strict";
import { ServerBench } from "../support/server_bench.ts";
import { WebhookServer } from "../support/webhook_server.ts";

Deno.test("notifiers hear three times that dewy cannot start, and then that it is up and how often it was not", async () => {
  await using webhook = new WebhookServer();
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const args = [
    "--notifier",
    `webhook://127.0.0.1:${webhook.port}/?quiet=true`,
  ];
  {
    using _other = Deno.listen({ hostname: "0.0.0.0", port: bench.port });
    // As a service manager starts it, again and again.
    for (let run = 0; run < 4; run++) {
      await using dewy = bench.start({ args });
      assert.equal(await dewy.exitCode(), 2);
    }
  }
  const messages = () => webhook.bodies.map(({ message }) => String(message));
  const text =
    `Dewy cannot start: Cannot listen on "${bench.port}": the address is in use`;
  const last =
    "From here on nothing is told until Dewy has run for 10 minutes, or is stopped";
  assert.deepEqual(messages(), [text, text, `${text}\n${last}`]);
  assert.match(String(webhook.bodies[0]?.["hint"]), /^Find who listens there/);

  await using dewy = bench.start({ args });
  await bench.serves("v1.0.0");
  await dewy.waitForLog("Deployment completed successfully");
  assert.equal(messages().length, 3);
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(), 0);
  assert.deepEqual(messages().slice(3, 5), [
    "Automatic shipping started by Dewy (vdev: server)\n" +
    "The run before ended with an error; 4 in a row ended badly",
    "Server started for v1.0.0",
  ]);
});

Deno.test("notifiers hear that dewy was killed, and no more of one that is stopped", async () => {
  await using webhook = new WebhookServer();
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  const args = ["--notifier", `webhook://127.0.0.1:${webhook.port}/`];
  const starts = () =>
    webhook.bodies.filter(({ event }) => event === "started");
  for (const signal of ["SIGKILL", "SIGTERM", "SIGTERM"] as const) {
    await using dewy = bench.start({ args });
    await dewy.waitForLog("Waiting for releases");
    dewy.kill(signal);
    await dewy.exitCode();
  }
  const [, second, third] = starts().slice(-3);
  assert.match(
    String(second?.["message"]),
    /\nThe run before was cut off: Dewy was killed, or the host went down$/,
  );
  assert.match(String(second?.["hint"]), /journalctl -k/);
  assert.equal(
    third?.["message"],
    "Automatic shipping started by Dewy (vdev: server)",
  );
});
