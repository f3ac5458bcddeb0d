import assert from "node:assert/strict";
import {
  ContainerBench,
  type ListedContainer,
} from "../support/container_bench.ts";
import type { DewyProcess } from "../support/dewy_process.ts";
import { readFailure } from "../support/deploy_state.ts";
import { ENGINE_KINDS } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { LoadClient } from "../support/load_client.ts";
import { listeningAddresses } from "../support/listening_addresses.ts";

const DONE = "Container deployment completed";
const HEALTH = ["--health-path", "/healthz", "--health-timeout", "4"];
const THREE = ["--replicas", "3", ...HEALTH];

for (const kind of ENGINE_KINDS) {
  Deno.test(`${kind}: three replicas roll from v1 to v2 under load, and nothing is lost`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publishImported("v1.0.0");
    const args = [...THREE, "--proxy-workers", "1"];
    await using dewy = bench.dewyWith({ TZ: "Asia/Tokyo" }, ...args);
    await dewy.waitForLog(DONE, { tag: "v1.0.0", count: 3, total: 3 });
    await assertRoundRobin(bench, 3);
    await using load = LoadClient.start({ target: { port: bench.port } });
    const logged = dewy.logs().length;
    await bench.publishImported("v1.1.0");
    await dewy.waitForLog(DONE, { tag: "v1.1.0", count: 3, total: 3 });
    await dewy.waitForLog("Deployment completed successfully", {
      tag: "v1.1.0",
    });
    await eventually(() => load.lastVersion === "v1.1.0", {
      message: "the new version answers",
    });
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.deepEqual([...load.versions.keys()].sort(), ["v1.0.0", "v1.1.0"]);
    const after = await bench.settles(3, "v1.1.0");
    assertOriginalLines(dewy, bench);
    assertSequence(dewy, logged, ROLLED_OUT);
    assertOriginalContainers(after);
    assertCapacity(dewy, logged, 3);
    await assertRoundRobin(bench, 3);
    const ports = after.flatMap(({ Ports = [] }) =>
      Ports.map(({ PublicPort }) => PublicPort ?? 0)
    );
    assert.equal(ports.length, 3);
    const heard = await listeningAddresses(ports);
    assert.deepEqual(heard, ports.map((port) => `127.0.0.1:${port}`).sort());
  });

  Deno.test(`${kind}: versions that are sick, exit, lack a layer or expose two ports leave the one before as it was`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    await using dewy = bench.dewy("--replicas", "2", ...HEALTH);
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    const before = idsOf(await bench.settles(2, "v1.0.0"));
    await using load = LoadClient.start({ target: { port: bench.port } });
    const bad: readonly (readonly [
      tag: string,
      publish: () => Promise<unknown>,
      error: RegExp,
      sequence: readonly string[],
    ])[] = [
      [
        "v1.3.0",
        () => bench.publish("v1.3.0", { env: { SICK: "1" } }),
        /did not get healthy in 4 s: \/healthz answered 503.*its last words:\nstarted v1\.3\.0/s,
        [...PULLED, ...STARTED, "Health check failed", ...TAKEN_BACK],
      ],
      [
        "v1.4.0",
        () => bench.publish("v1.4.0", { env: { CRASH: "no database" } }),
        /exit code 3.*no database/s,
        [],
      ],
      [
        "v1.5.0",
        () => bench.publishBroken("v1.5.0"),
        /Cannot pull image/,
        ["Pulling new image", "Image pull failed"],
      ],
      [
        "v1.6.0",
        () => bench.publish("v1.6.0", { exposed: [8080, 9090] }),
        /exposes several ports: 8080, 9090/,
        [
          ...PULLED,
          "Starting new container",
          "Container start failed",
          "Rolling back deployment",
        ],
      ],
    ];
    for (const [tag, publish, error, sequence] of bad) {
      const logged = dewy.logs().length;
      await publish();
      const failed = await dewy.waitForLog("Deploy failed", { tag });
      assert.match(String(failed["error"]), error);
      assert.equal(failed["restored_to"], "v1.0.0");
      assertSequence(dewy, logged, sequence);
      await isQuarantined(bench, tag);
      assert.deepEqual(idsOf(await bench.settles(2, "v1.0.0")), before);
    }
    // The newest one waits for its next attempt: it is remembered by its digest.
    await dewy.waitForLog("Deploy skipped", { tag: "v1.6.0" });
    assert.equal(dewy.logs("Deploy failed", { tag: "v1.6.0" }).length, 1);
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.deepEqual([...load.versions.keys()], ["v1.0.0"]);
    // Another image behind the tag that failed is tried at once.
    await bench.publish("v1.6.0");
    await dewy.waitForLog(DONE, { tag: "v1.6.0" });
    await bench.settles(2, "v1.6.0");
  });

  Deno.test(`${kind}: a registry that goes leaves what runs, and is asked again`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    await using dewy = bench.dewy(...HEALTH, "--poll-backoff-max", "2");
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    await using load = LoadClient.start({ target: { port: bench.port } });
    await bench.registry.stop();
    await dewy.waitForLog("Dewy run failure");
    const before = idsOf(await bench.settles(1, "v1.0.0"));
    await bench.registry.restart();
    await bench.publish("v1.1.0");
    await dewy.waitForLog(DONE, { tag: "v1.1.0" });
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.notDeepEqual(idsOf(await bench.settles(1, "v1.1.0")), before);
  });

  Deno.test(`${kind}: an engine that ends in the middle of a roll-out leaves nothing over`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    await using dewy = bench.dewy("--replicas", "2", ...HEALTH);
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    await bench.publish("v1.1.0", { env: { START_MS: "1500" } });
    const image = `${bench.repository}:v1.1.0`;
    await dewy.waitForLog("Starting new container", { image });
    await eventually(
      async () => (await bench.containers()).length >= 3,
      { message: "a new container is there" },
    );
    await bench.engine.endDaemon("SIGTERM");
    await dewy.waitForLog("Deploy failed", { tag: "v1.1.0" });
    // Docker ends its containers with itself.
    if (kind === "podman") assert.equal(await bench.ask(), "v1.0.0");
    await bench.engine.startDaemon();
    const back = await eventually(async () => {
      const answer = await bench.ask();
      return /^v/.test(answer) && answer;
    }, { message: "the version before is back", timeoutMs: 30_000 });
    assert.equal(back, "v1.0.0");
    // That one is tried again after a pause; what is newer is not kept waiting.
    await bench.publish("v1.2.0");
    await dewy.waitForLog(DONE, { tag: "v1.2.0" }, { timeoutMs: 60_000 });
    await bench.settles(2, "v1.2.0");
    assert.equal(await bench.ask(), "v1.2.0");
  });
}

/** Lines of the original's guide, in their order; what else is told in between is left out. */
const PULLED = [
  "Pulling new image",
  "Image pull complete",
  "Image pull notification",
  "Starting container deployment",
  "Found existing containers",
];
const STARTED = [
  "Starting new container",
  "Container started",
  "Health checking new container",
];
const PUT_IN = [
  ...STARTED,
  "Health check passed",
  "Backend added to TCP proxy",
  "Container added to load balancer",
];
const TAKEN_OUT = [
  "Stopping old container gracefully",
  "Backend removed from TCP proxy",
];
const TAKEN_BACK = ["Rolling back deployment", "Removing failed container"];
const ROLLED_OUT = [
  ...PULLED,
  ...[...PUT_IN, ...PUT_IN, ...PUT_IN],
  ...[...TAKEN_OUT, ...TAKEN_OUT, ...TAKEN_OUT],
  "Container deployment completed",
  "Deployment completed successfully",
];
const ANY = new Set([
  ...ROLLED_OUT,
  ...TAKEN_BACK,
  "Health check failed",
  "Image pull failed",
  "Container start failed",
]);

/** From the `logged`-th line on the log has these lines of the original and no other; an empty list stands for any. */
function assertSequence(
  dewy: DewyProcess,
  logged: number,
  sequence: readonly string[],
): void {
  if (sequence.length === 0) return;
  const told = dewy.logs().slice(logged).map(({ msg }) => msg)
    .filter((msg) => ANY.has(msg));
  assert.deepEqual(told, sequence);
}

/** Names and labels as the original's own containers have them. */
function assertOriginalContainers(list: readonly ListedContainer[]): void {
  const seen = list.map(({ Names, Labels }) => {
    const [name = ""] = Names;
    assert.match(name, /^\/web-\d{10}-[012]$/);
    assert.equal(Labels["dewy.replica"], name.slice(-1));
    assert.equal(Labels["dewy.managed"], "true");
    assert.equal(Labels["dewy.app"], "web");
    assert.equal(Labels["dewy.version"], "v1.1.0");
    assert.match(
      Labels["dewy.deployed_at"] ?? "",
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+09:00$/,
    );
    return Labels["dewy.replica"];
  });
  assert.deepEqual(seen.sort(), ["0", "1", "2"]);
}

/** What failed is remembered by its digest, with the reason. */
async function isQuarantined(
  bench: ContainerBench,
  tag: string,
): Promise<void> {
  const failed = await readFailure(bench.folder.path, tag);
  assert.match(failed.fingerprint ?? "", /^sha256:[0-9a-f]{64}$/);
  assert.ok(failed.reason, "it has a reason");
  assert.ok(failed.retryAt > failed.lastAt, "it is not tried at once");
}

function idsOf(list: readonly ListedContainer[]): string[] {
  return list.map(({ Id }) => Id).sort();
}

/** Each container answers in its turn. */
async function assertRoundRobin(
  bench: ContainerBench,
  replicas: number,
): Promise<void> {
  const turns: string[] = [];
  for (let request = 0; request < replicas * 4; request++) {
    const answer = await fetch(`http://127.0.0.1:${bench.port}/`);
    await answer.text();
    turns.push(answer.headers.get("x-container") ?? "");
  }
  assert.equal(new Set(turns.slice(0, replicas)).size, replicas);
  for (const [index, name] of turns.entries()) {
    assert.equal(name, turns[index % replicas], turns.join(" "));
  }
}

/** The lines that the original's own tests look for. */
function assertOriginalLines(dewy: DewyProcess, bench: ContainerBench): void {
  const proxy = { "proxy_port": bench.port };
  assert.equal(dewy.logs("TCP proxy started", proxy).length, 1);
  const started = dewy.logs("All TCP proxies started successfully");
  assert.deepEqual(started.map(({ count }) => count), [1]);
  for (const tag of ["v1.0.0", "v1.1.0"]) {
    const image = `${bench.repository}:${tag}`;
    const lines = dewy.logs("Starting new container", { image, total: 3 });
    assert.deepEqual(lines.map(({ replica }) => replica), [0, 1, 2]);
  }
  const added = dewy.logs("Backend added to TCP proxy", proxy);
  assert.deepEqual(
    added.map(({ total_backends }) => total_backends),
    [1, 2, 3, 4, 5, 6],
  );
  assert.ok(
    added.every(({ backend_host, backend_port }) =>
      backend_host === "127.0.0.1" && Number(backend_port) > 0
    ),
  );
  const removed = dewy.logs("Backend removed from TCP proxy", proxy);
  assert.deepEqual(
    removed.map(({ remaining_backends }) => remaining_backends),
    [5, 4, 3],
  );
}

/** From the `logged`-th line on there were never fewer backends than replicas. */
function assertCapacity(
  dewy: DewyProcess,
  logged: number,
  replicas: number,
): void {
  const counts = dewy.logs().slice(logged).flatMap((record) =>
    [record["total_backends"], record["remaining_backends"]]
      .filter((count) => typeof count === "number")
  );
  assert.ok(Math.min(...counts) >= replicas, counts.join(" "));
}
