import assert from "node:assert/strict";
import { ContainerBench } from "../support/container_bench.ts";
import { eventually } from "../support/eventually.ts";
import { WebhookServer } from "../support/webhook_server.ts";

const ADDRESS = "127\\.0\\.0\\.1:\\d+";

/** What is told of the first roll-out, its image's name left out. */
const ROLL_OUT = [
  /^Automatic shipping started by Dewy \(vdev: container\)$/,
  /^Starting rolling update deployment: v1\.0\.0 \(first deploy\)$/,
  /^Pulled image \S+:v1\.0\.0 \(digest: sha256:[0-9a-f]{64}\)$/,
  /^Starting new container 1\/2: \S+:v1\.0\.0/,
  new RegExp(
    `^Container started with localhost-only port mapping \\(${ADDRESS}\\)\nHealth check passed for new container \\(200 OK, [\\d.]+(ms|s)\\): \\S+$`,
  ),
  /^Proxy backend updated to http:\/\/localhost:\d+$/,
  /^Starting new container 2\/2: /,
  /^Container started with localhost-only port mapping /,
  /^Proxy backend updated to http:/,
  /^Container deployed successfully: 2\/2 replicas of v1\.0\.0$/,
  /^Deployment completed successfully \(total: [\d.]+(ms|s)\): v1\.0\.0$/,
];

Deno.test("notifiers hear of a roll-out, of a container that is lost, and of one that does not get well", async () => {
  await using webhook = new WebhookServer();
  await using bench = await ContainerBench.start("docker");
  await bench.publish("v1.0.0");
  await using dewy = bench.dewy(
    "--replicas",
    "2",
    "--health-path",
    "/healthz",
    "--health-timeout",
    "5",
    "--notifier",
    `webhook://127.0.0.1:${webhook.port}/`,
  );
  const messages = () => webhook.bodies.map(({ message }) => String(message));
  const hears = (says: RegExp) =>
    eventually(() => messages().some((text) => says.test(text)), {
      timeoutMs: 30_000,
      message: `somebody hears ${says}`,
    }).catch((error: Error) => {
      throw new Error(
        `${error.message}\n${messages().join("\n")}\n${dewy.transcript()}`,
      );
    });
  await hears(/^Deployment completed successfully/);
  const told = messages();
  assert.equal(told.length, ROLL_OUT.length, told.join("\n"));
  for (const [index, text] of told.entries()) {
    assert.match(text, ROLL_OUT[index] ?? /^$/);
  }
  assert.ok(webhook.bodies.every(({ app }) => typeof app === "string"));

  const [victim] = await bench.containers();
  await bench.killContainer(victim?.Id ?? "");
  await hears(/^Container \S+ is gone, another one is started: /);
  await hears(/^The container that was lost is replaced by /);

  assert.equal(messages().length, ROLL_OUT.length + 2, messages().join("\n"));

  await bench.publish("v2.0.0", { env: { SICK: "1" } });
  await hears(/^Health check failed for new container /);
  await hears(
    /^Error occurred \(count: 1\): Deployment of v2\.0\.0 failed: [^]*v1\.0\.0 stays in service/,
  );
  const failure = webhook.bodies.find(({ event }) => event === "deploy-failed");
  assert.ok(typeof failure?.["hint"] === "string", "it has no remedy");
});
