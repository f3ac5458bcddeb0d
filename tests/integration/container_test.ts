import assert from "node:assert/strict";
import { listContainers } from "../../src/cli/container_list.ts";
import {
  ContainerBench,
  type ListedContainer,
} from "../support/container_bench.ts";
import { ENGINE_KINDS } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { LoadClient } from "../support/load_client.ts";

const DONE = "Container deployment completed";
const HEALTH = ["--health-path", "/healthz", "--health-timeout", "5"];
const TWO = ["--replicas", "2", ...HEALTH];

for (const kind of ENGINE_KINDS) {
  Deno.test(`${kind}: a dewy that is killed costs its connections, and the next one takes the containers over`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    {
      await using first = bench.dewy(...TWO);
      await first.waitForLog(DONE, { tag: "v1.0.0" });
      await first.crash();
    }
    const before = await bench.settles(2, "v1.0.0");
    await using load = LoadClient.start({
      target: { port: bench.port },
      pauseMs: 1,
    });
    await using second = bench.dewy(...TWO);
    await second.waitForLog("Running containers taken over", { count: 2 });
    await eventually(() => load.lastVersion === "v1.0.0", {
      message: "it answers",
    });
    await load.stop();
    // Nobody listened, or somebody answered as ever; whether the port is free
    // is tried by listening for an instant, which may reset one connection.
    const others = load.failures.filter((text) => !/refused/i.test(text));
    assert.ok(others.length <= 1, others.join());
    for (const text of others) assert.match(text, /reset by peer/);
    assert.equal(await bench.ask(), "v1.0.0");
    await second.waitForLog("Deploy skipped", { tag: "v1.0.0" });
    assert.deepEqual(idsOf(await bench.settles(2, "v1.0.0")), idsOf(before));
    assert.deepEqual(second.logs(DONE), []);
    const table = await listContainers(bench.adminPort);
    assert.match(table, /^UPSTREAM +DEPLOY TIME +NAME\n/);
    assert.equal(table.split("\n").length, 4);
    second.kill("SIGTERM");
    assert.equal((await second.exited).code, 0);
    assert.deepEqual(await bench.containers(), []);
  });

  Deno.test(`${kind}: after a stop the next dewy has its version in service before it asks the registry`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    {
      await using first = bench.dewy(...TWO);
      await first.waitForLog(DONE, { tag: "v1.0.0" });
      first.kill("SIGTERM");
      assert.equal((await first.exited).code, 0);
    }
    assert.deepEqual(await bench.containers(), []);
    await bench.registry.stop();
    await using second = bench.dewy(...TWO);
    await second.waitForLog("Container was replaced");
    await bench.settles(2, "v1.0.0");
    assert.equal(await bench.ask(), "v1.0.0");
    assert.deepEqual(second.logs(DONE), []);
  });

  Deno.test(`${kind}: other settings roll out without a new version, and --on-exit leave keeps containers`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    const leave = ["--on-exit", "leave", ...HEALTH];
    {
      await using dewy = bench.dewy(...leave);
      await dewy.waitForLog(DONE, { tag: "v1.0.0" });
      dewy.kill("SIGTERM");
      assert.equal((await dewy.exited).code, 0);
    }
    let kept = await bench.settles(1, "v1.0.0");
    const replicas = ["--replicas", "2"];
    const command = [...replicas, "--cmd", "serve"];
    const variable = [...command, "--", "--env", "COLOR=blue"];
    for (const args of [replicas, command, variable]) {
      await using dewy = bench.dewy(...leave, ...args);
      const { length: count } = kept;
      await dewy.waitForLog("Running containers taken over", { count });
      const started = await dewy.waitForLog("Deploy started", {
        tag: "v1.0.0",
      });
      assert.equal(
        started["reason"],
        "the settings of its containers have changed",
      );
      await dewy.waitForLog(DONE, { tag: "v1.0.0", count: 2 });
      const changed = await bench.settles(2, "v1.0.0");
      const ids = idsOf(kept);
      assert.ok(idsOf(changed).every((id) => !ids.includes(id)));
      kept = changed;
      dewy.kill("SIGTERM");
      assert.equal((await dewy.exited).code, 0);
    }
    assert.ok(kept.every(({ Command }) => String(Command).includes("serve")));
    await using dewy = bench.dewy(...leave, ...variable);
    await dewy.waitForLog("Deploy skipped", { tag: "v1.0.0" });
    assert.equal(await bench.ask("/env?name=COLOR"), "blue");
    assert.deepEqual(idsOf(await bench.settles(2, "v1.0.0")), idsOf(kept));
  });

  Deno.test(`${kind}: a stop waits for what is in flight, and then stops all containers at once`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0", { env: { STUBBORN: "1" } });
    const three = ["--replicas", "3", "--drain-time", "20", ...HEALTH];
    await using dewy = bench.dewy(...three, "--", "--stop-timeout", "5");
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    const answer = bench.ask("/slow?ms=2000");
    await bench.ask();
    dewy.kill("SIGTERM");
    assert.equal(await answer, "v1.0.0");
    const answeredAt = performance.now();
    assert.equal((await dewy.exited).code, 0);
    // Each has to be killed after five seconds: one after the other takes 15.
    const tookMs = performance.now() - answeredAt;
    assert.ok(tookMs > 4_000 && tookMs < 14_000, `${tookMs} ms`);
    assert.deepEqual(await bench.containers(), []);
  });

  Deno.test(`${kind}: an engine that is killed costs nothing but its own time`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    await using dewy = bench.dewy(...HEALTH);
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    await bench.engine.endDaemon("SIGKILL");
    await dewy.waitForLog(
      "Container engine does not answer; what runs serves on",
    );
    // Docker's proxy, and with it the port, goes with its daemon.
    if (kind === "podman") assert.equal(await bench.ask(), "v1.0.0");
    await bench.engine.startDaemon();
    await dewy.waitForLog("Container engine answers again");
    await bench.settles(1, "v1.0.0");
    await bench.answers("v1.0.0");
    await bench.publish("v1.1.0");
    await dewy.waitForLog(DONE, { tag: "v1.1.0" });
    await bench.settles(1, "v1.1.0");
    assert.equal(await bench.ask(), "v1.1.0");
  });

  Deno.test(`${kind}: two applications whose images have the same last name leave each other alone`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    await using other = await bench.sibling("crew/web");
    await other.publish("v2.0.0");
    await using one = bench.dewy(...HEALTH);
    await one.waitForLog(DONE, { tag: "v1.0.0" });
    await using two = other.dewy(...HEALTH);
    await two.waitForLog(DONE, { tag: "v2.0.0" });
    await bench.publish("v1.1.0");
    await one.waitForLog(DONE, { tag: "v1.1.0" });
    assert.equal(await bench.ask(), "v1.1.0");
    assert.equal(await other.ask(), "v2.0.0");
    one.kill("SIGTERM");
    await one.exited;
    assert.equal(await other.ask(), "v2.0.0");
    assert.equal((await bench.containers()).length, 1);
  });

  Deno.test(`${kind}: a stop in the middle of a roll-out leaves the version before, and nothing else`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    await using dewy = bench.dewy(...TWO, "--on-exit", "leave");
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    const before = await bench.settles(2, "v1.0.0");
    await using load = LoadClient.start({ target: { port: bench.port } });
    await bench.publish("v1.1.0", { env: { START_MS: "1500" } });
    const image = `${bench.repository}:v1.1.0`;
    await dewy.waitForLog("Starting new container", { image, replica: 1 });
    dewy.kill("SIGTERM");
    // Whoever connects to a port that is closed is refused.
    await load.stop();
    assert.equal((await dewy.exited).code, 0);
    assert.deepEqual([...load.versions.keys()].sort(), ["v1.0.0", "v1.1.0"]);
    assert.deepEqual(idsOf(await bench.settles(2, "v1.0.0")), idsOf(before));
  });
}

Deno.test("docker: with live-restore containers outlive the daemon, and serve again as it is back", async () => {
  const daemon = { "live-restore": true };
  await using bench = await ContainerBench.start("docker", { daemon });
  await bench.publish("v1.0.0");
  await using dewy = bench.dewy(...TWO);
  await dewy.waitForLog(DONE, { tag: "v1.0.0" });
  const before = idsOf(await bench.settles(2, "v1.0.0"));
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const [lost, back] = [
      "Container engine does not answer; what runs serves on",
      "Container engine answers again",
    ];
    const count = dewy.logs(back).length;
    await bench.engine.endDaemon(signal);
    await eventually(() => dewy.logs(lost).length > count, {
      message: "the loss is told",
    });
    await bench.engine.startDaemon();
    await eventually(() => dewy.logs(back).length > count, {
      message: "the return is told",
      timeoutMs: 30_000,
    });
    await bench.answers("v1.0.0");
    assert.deepEqual(idsOf(await bench.settles(2, "v1.0.0")), before);
  }
  assert.deepEqual(dewy.logs("Container is gone, another one is started"), []);
});

Deno.test("networks that are open to others are refused at the start", async () => {
  const mode = "com.docker.network.bridge.gateway_mode_ipv4";
  for (
    const [kind, create, why] of [
      [
        "docker",
        ({ engine }: ContainerBench) =>
          engine.createNetwork("lan", { [mode]: "routed" }),
        'in the gateway mode "routed"',
      ],
      // This one can be made where the kernel knows no such link.
      [
        "podman",
        ({ engine }: ContainerBench) =>
          engine.post("/networks/create", {
            Name: "lan",
            Driver: "macvlan",
            IPAM: { Config: [{ Subnet: "10.237.255.0/24" }] },
          }),
        'of the driver "macvlan"',
      ],
    ] as const
  ) {
    await using bench = await ContainerBench.start(kind);
    await create(bench);
    await using dewy = bench.dewy("--", "--network", "lan");
    assert.equal((await dewy.exited).code, 1, dewy.transcript());
    assert.ok(
      dewy.transcript().includes(
        `option "--network" is refused: network "lan" is ${why}, where all`,
      ),
      dewy.transcript(),
    );
  }
});

for (const kind of ENGINE_KINDS) {
  Deno.test(`${kind}: what cannot work is refused at the start`, async () => {
    await using bench = await ContainerBench.start(kind);
    for (
      const [args, words] of [
        [["--", "--privileged"], /option "--privileged" is refused/],
        [["--", "--publish-all"], /option "--publish-all" is refused/],
        [["--", "-P"], /option "-P" is refused/],
        [["--", "--network=host"], /option "--network" must not be the host's/],
        [["--", "--rm"], /option "--rm" is refused/],
        [["--", "--ipc=host"], /option "--ipc" is refused/],
        [["--", "--nonsense"], /option "--nonsense" is unknown/],
        [
          ["--", "-v", `${bench.engine.socket}:/docker.sock`],
          /option "-v" must not mount the socket of a container engine/,
        ],
        [["--tls-cert", "/nowhere.pem"], /--tls-key is missing/],
        [["--trusted-proxy", "nonsense"], /nonsense/],
        [["--registry", "file:///srv"], /is no registry of images/],
      ] as const
    ) {
      await using dewy = bench.dewy(...args);
      const { code } = await dewy.exited;
      assert.equal(code, 1, dewy.transcript());
      assert.match(dewy.transcript(), words);
    }
  });
}

function idsOf(list: readonly ListedContainer[]): string[] {
  return list.map(({ Id }) => Id).sort();
}
