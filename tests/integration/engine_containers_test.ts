import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { EngineConflict } from "../../src/client/engine.ts";
import { ENGINE_KINDS } from "../support/engine.ts";
import {
  ask,
  CRASHING,
  end,
  engineTests,
  inspect,
  PUBLISHED,
  run,
  type Spec,
  V1,
} from "../support/engine_tests.ts";
import { eventually } from "../support/eventually.ts";

const signal = new AbortController().signal;

for (const kind of ENGINE_KINDS) {
  const test = engineTests(kind);

  test("tells who it is", async (client) => {
    const version = await client.version(signal);
    equal(version.kind, kind);
    match(version.version, /^\d+\.\d+/);
    equal(version.api, "1.41");
    const info = await client.info(signal);
    ok(info.id !== "" && info.storageDriver !== "" && info.cpus > 0);
    ok(info.memoryBytes > 1024 * 1024);
  });

  test("runs a container from its creation to its removal", async (client) => {
    const spec = {
      Image: V1,
      Labels: { "dewy.app": "whole" },
      HostConfig: PUBLISHED,
    };
    const { id, warnings } = await client.createContainer(
      "whole",
      spec,
      signal,
    );
    deepEqual(warnings, []);
    const created = await inspect(client, id);
    equal(created.state, "created");
    deepEqual(created.ports, []);
    equal(created.startedAt, "");

    await client.startContainer(id, signal);
    const running = await inspect(client, id);
    equal(running.state, "running");
    equal(running.name, "whole");
    equal(running.image, V1);
    equal(running.imageId, (await client.inspectImage(V1, signal))?.id);
    equal(running.labels["dewy.app"], "whole");
    ok(running.pid > 1);
    equal(running.health, "none");
    match(running.startedAt, /^20\d\d-/);
    equal(running.finishedAt, "");
    const [binding] = running.ports;
    equal(running.ports.length, 1);
    equal(binding?.containerPort, 8080);
    equal(binding?.protocol, "tcp");
    equal(binding?.hostIp, "127.0.0.1");
    equal(await ask(running, "/"), "v1");

    await client.stopContainer(id, 10, signal);
    const stopped = await inspect(client, id);
    equal(stopped.state, "exited");
    equal(stopped.exitCode, 0);
    deepEqual(stopped.ports, []);
    equal(stopped.pid, 0);
    match(stopped.finishedAt, /^20\d\d-/);

    await client.removeContainer(id, {}, signal);
    equal(await client.inspectContainer(id, signal), undefined);
  });

  test("takes for done what is done", async (client) => {
    const id = await run(client, "done");
    await client.startContainer(id, signal);
    await client.stopContainer(id, 5, signal);
    await client.stopContainer(id, 5, signal);
    await client.removeContainer(id, {}, signal);
    await client.removeContainer(id, {}, signal);
  });

  test("lists by label, running ones or all", async (client) => {
    const labels = { "dewy.app": "listed", "dewy.managed": "true" };
    const first = await run(client, "listed-0", { Image: V1, Labels: labels });
    const { id: second } = await client.createContainer(
      "listed-1",
      { Image: V1, Labels: labels } as Spec,
      signal,
    );
    const other = await run(client, "listed-2", {
      Image: V1,
      Labels: { ...labels, "dewy.app": "listed2" },
    });
    const running = await client.listContainers({ labels }, signal);
    deepEqual(running.map(({ id }) => id), [first]);
    const [entry] = running;
    equal(entry?.name, "listed-0");
    equal(entry?.state, "running");
    equal(entry?.image, V1);
    equal(entry?.imageId, (await client.inspectImage(V1, signal))?.id);
    ok(Math.abs((entry?.createdAt ?? 0) - Date.now()) < 60_000);
    const all = await client.listContainers({ labels, all: true }, signal);
    deepEqual(all.map(({ id }) => id).sort(), [first, second].sort());
    equal(all.find(({ id }) => id === second)?.state, "created");
    for (const id of [first, second, other]) {
      await client.removeContainer(id, { force: true }, signal);
    }
  });

  test("kills, waits and tells the exit code", async (client) => {
    const id = await run(client, "killed");
    const waiting = client.waitContainer(id, signal);
    await client.killContainer(id, "SIGKILL", signal);
    equal(await waiting, 137);
    const killed = await inspect(client, id);
    equal(killed.state, "exited");
    equal(killed.exitCode, 137);
    await rejects(
      client.killContainer(id, "SIGKILL", signal),
      EngineConflict,
    );
    equal(await client.waitContainer(id, signal), 137);
    await client.removeContainer(id, {}, signal);
  });

  test("stops a stubborn container when its time is over", async (client) => {
    const id = await run(client, "stubborn", {
      Image: V1,
      Env: ["STUBBORN=1"],
    });
    await eventually(
      async () => (await client.containerLogs(id, 9, signal)).length > 0,
      { message: "it runs" },
    );
    const begin = Date.now();
    await client.stopContainer(id, 1, signal);
    ok(Date.now() - begin < 8_000);
    equal((await inspect(client, id)).exitCode, 137);
    await client.removeContainer(id, {}, signal);
  });

  test("reads the last lines of both outputs", async (client) => {
    const id = await run(client, "crashing", { Image: CRASHING });
    equal(await client.waitContainer(id, signal), 3);
    deepEqual(await client.containerLogs(id, 10, signal), ["cannot run v4"]);
    await client.removeContainer(id, {}, signal);

    const both = await run(client, "both");
    await ask(await inspect(client, both), "/");
    await end(await inspect(client, both), "/exit?code=5");
    equal(await client.waitContainer(both, signal), 5);
    const lines = await client.containerLogs(both, 10, signal);
    deepEqual([...lines].sort(), ["started v1", "told to exit with 5"]);
    equal((await client.containerLogs(both, 1, signal)).length, 1);
    await client.removeContainer(both, {}, signal);
  });

  test("reads the output of a terminal", async (client) => {
    const id = await run(client, "terminal", { Image: CRASHING, Tty: true });
    await client.waitContainer(id, signal);
    ok((await inspect(client, id)).hasTty);
    deepEqual(await client.containerLogs(id, 10, signal), ["cannot run v4"]);
    await client.removeContainer(id, {}, signal);
  });

  test("tells that memory ran out", async (client) => {
    const id = await run(client, "hungry", {
      Image: V1,
      HostConfig: { ...PUBLISHED, Memory: 32 << 20, MemorySwap: 32 << 20 },
    });
    await ask(await inspect(client, id), "/");
    await end(await inspect(client, id), "/eat?mib=200");
    equal(await client.waitContainer(id, signal), 137);
    const { exitCode, isOomKilled } = await inspect(client, id);
    equal(exitCode, 137);
    // Podman's monitor does not learn it on machines with both versions of control groups.
    ok(isOomKilled || kind === "podman");
    await client.removeContainer(id, {}, signal);
  });

  test("connects a container to a further network", async (client, engine) => {
    await engine.createNetwork("further");
    const { id } = await client.createContainer("net", { Image: V1 }, signal);
    const endpoint = { Aliases: ["web"] };
    const member = { containerId: id, endpoint };
    await client.connectNetwork("further", member, signal);
    await client.startContainer(id, signal);
    const { pid } = await inspect(client, id);
    const { stdout } = await new Deno.Command("nsenter", {
      args: ["-t", String(pid), "-n", "ip", "-brief", "-4", "address"],
    }).output();
    const addresses = new TextDecoder().decode(stdout).match(/10\.237\./g);
    equal(addresses?.length, 2);
    await client.removeContainer(id, { force: true }, signal);
  });
}
