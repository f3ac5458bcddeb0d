import assert from "node:assert/strict";
import {
  ContainerBench,
  type ListedContainer,
} from "../support/container_bench.ts";
import type { DewyProcess } from "../support/dewy_process.ts";
import { ENGINE_KINDS } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { LoadClient } from "../support/load_client.ts";

const DONE = "Container deployment completed";
const SICK = "Container is sick and gets no more work";
const GONE = "Container is gone, another one is started";
const REPLACED = "Container was replaced";
const KILLED =
  "it was killed (exit code 137): by somebody, or since memory ran out";
/** Whoever is dead or sick gets no more work after this time, milliseconds. */
const OUT_MS = 2_000;
/** What an engine may take for its part on a busy machine, milliseconds. */
const BUSY_MS = 30_000;
const HEALTH = ["--health-path", "/healthz", "--health-timeout", "5"];
const TWO = ["--replicas", "2", ...HEALTH];

for (const kind of ENGINE_KINDS) {
  Deno.test(`${kind}: a replica that is killed, paused or out of memory costs no request that can be sent again`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    await using dewy = bench.dewy(...TWO, "--", "--memory", "48m");
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    const [victim, other] = await bench.settles(2, "v1.0.0");
    await using load = LoadClient.start({
      target: { port: bench.port },
      pauseMs: 5,
    });

    await bench.killContainer(victim?.Id ?? "");
    const killedAt = Date.now();
    const killed = await dewy.waitForLog(GONE, { name: nameOf(victim) });
    assert.equal(killed["error"], KILLED);
    assertSoonOut(dewy, 0, killedAt);
    await dewy.waitForLog(REPLACED);
    assert.ok(idsOf(await bench.settles(2, "v1.0.0")).includes(idOf(other)));

    await bench.request("POST", `/containers/${idOf(other)}/pause`);
    const pausedAt = Date.now();
    await dewy.waitForLog(SICK, { name: nameOf(other), error: "it is paused" });
    assertSoonOut(dewy, 1, pausedAt);
    await bench.request("POST", `/containers/${idOf(other)}/unpause`);
    await dewy.waitForLog("Container is well again", { name: nameOf(other) });
    assert.ok(idsOf(await bench.settles(2, "v1.0.0")).includes(idOf(other)));

    // A POST is not sent to another one when the first one dies of it.
    await bench.ask("/eat?mib=96", { method: "POST" });
    await eventually(() => dewy.logs(GONE).length === 2, {
      message: "its end is told",
      timeoutMs: BUSY_MS,
    });
    // Podman's monitor does not learn it on machines with both versions of control groups.
    const reasons = kind === "docker"
      ? ["it ran out of memory (--memory)"]
      : ["it ran out of memory (--memory)", KILLED];
    assert.ok(reasons.includes(String(dewy.logs(GONE)[1]?.["error"])));
    await eventually(() => dewy.logs(REPLACED).length === 2, {
      message: "it is replaced",
      timeoutMs: BUSY_MS,
    });
    await bench.settles(2, "v1.0.0");
    await load.stop();
    assert.deepEqual(load.failures, []);
  });

  Deno.test(`${kind}: a replica that the engine starts again is followed`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    const restart = ["--", "--restart", "always"];
    await using dewy = bench.dewy(...TWO, ...restart);
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    const before = idsOf(await bench.settles(2, "v1.0.0"));
    const gone = await bench.ask("/exit?code=3", { method: "POST" });
    assert.match(gone, /^50[24]/);
    await eventually(async () => {
      const names = new Set<string | null>();
      for (let request = 0; request < 12; request++) {
        const answer = await fetch(`http://127.0.0.1:${bench.port}/`);
        assert.equal(await answer.text(), "v1.0.0");
        names.add(answer.headers.get("x-container"));
      }
      return names.size === 2;
    }, {
      message: "both answer in their turns",
      timeoutMs: BUSY_MS,
    });
    assert.deepEqual(idsOf(await bench.settles(2, "v1.0.0")), before);
    assert.deepEqual(dewy.logs(GONE), []);
  });

  Deno.test(`${kind}: a crash loop is told once, and does not keep the next version waiting`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    await using dewy = bench.dewy("--replicas", "1", ...HEALTH);
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    for (let deaths = 1; deaths <= 4; deaths++) {
      await bench.answers("v1.0.0");
      await bench.ask("/exit?code=3", { method: "POST" });
      await eventually(() => dewy.logs(GONE).length === deaths, {
        message: `death ${deaths} is told`,
        timeoutMs: BUSY_MS,
      });
      const starts = dewy.logs("Starting new container").length;
      assert.ok(starts <= deaths + 1, `${starts} starts`);
      if (deaths < 4) {
        await eventually(() => dewy.logs(REPLACED).length === deaths, {
          message: "it is replaced",
          timeoutMs: BUSY_MS,
        });
      }
    }
    const told = dewy.logs(
      "Containers end soon after their start, again and again",
    );
    assert.deepEqual(told.map(({ deaths }) => deaths), [3]);
    // The polls in between have not deployed the same version anew.
    assert.equal(dewy.logs(DONE).length, 1);
    await bench.publish("v1.1.0");
    await dewy.waitForLog(DONE, { tag: "v1.1.0" });
    await bench.settles(1, "v1.1.0");
    assert.equal(await bench.ask(), "v1.1.0");
  });

  Deno.test(`${kind}: a sick replica is passed over although the engine hangs, and is back when both are well`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    await using dewy = bench.dewy(...TWO);
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    bench.engine.signalDaemon("SIGSTOP");
    try {
      await bench.ask("/sick", { method: "POST" });
      const sickAt = Date.now();
      await dewy.waitForLog(SICK);
      assertSoonOut(dewy, 0, sickAt);
      const removed = dewy.logs("Backend removed from TCP proxy");
      assert.equal(removed.length, 1);
      assert.equal(await bench.ask(), "v1.0.0");
    } finally {
      bench.engine.signalDaemon("SIGCONT");
    }
    const [sick] = dewy.logs(SICK);
    const port = Number(
      dewy.logs("Backend removed from TCP proxy")[0]?.["backend_port"],
    );
    await (await fetch(`http://127.0.0.1:${port}/well`)).text();
    await dewy.waitForLog("Container is well again", { name: sick?.["name"] });
    await bench.settles(2, "v1.0.0");
  });

  Deno.test(`${kind}: without a path, an application that does not listen is not taken for well`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0", { env: { START_MS: "1500" } });
    await using dewy = bench.dewy("--health-timeout", "4");
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    assert.equal(await bench.ask(), "v1.0.0");
    await bench.publish("v1.1.0", { env: { PORTS: "" } });
    await using load = LoadClient.start({ target: { port: bench.port } });
    const failed = await dewy.waitForLog("Deploy failed", { tag: "v1.1.0" });
    assert.match(
      String(failed["error"]),
      /did not get healthy in 4 s: port \d+ (?:closes connections at once|took no connection)/,
    );
    await load.stop();
    assert.deepEqual(load.failures, []);
  });

  Deno.test(`${kind}: other ports roll out without a gap on those that stay, and leftovers are reaped`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0", { exposed: [8080, 9090] });
    const first = ["--container-port", "8080", ...HEALTH];
    {
      await using dewy = bench.dewy(...first, "--on-exit", "leave");
      await dewy.waitForLog(DONE, { tag: "v1.0.0" });
      dewy.kill("SIGTERM");
      assert.equal((await dewy.exited).code, 0);
    }
    const [kept] = await bench.settles(1, "v1.0.0");
    // As a deploy leaves it that is cut short between two calls of the engine,
    // as a crash does, and as somebody does who runs one of ours by hand.
    const Image = await bench.imageOf(idOf(kept));
    const leftovers = ["anything", "web-1-7", "web-1-8"];
    for (
      const [name, Env] of [
        ["web-1-7", []],
        ["web-1-8", ["CRASH=now"]],
        ["anything", ["VERSION=v0.9.0"]],
      ] as const
    ) {
      const Labels = { ...kept?.Labels, "dewy.version": "v0.9.0" };
      const body = { Image, Labels, Env };
      await bench.request("POST", `/containers/create?name=${name}`, body);
      if (name !== "web-1-7") {
        await bench.request("POST", `/containers/${name}/start`);
      }
    }
    await eventually(async () => {
      const states = (await bench.containers()).map(({ State }) => State);
      return states.includes("exited") && states.includes("created");
    }, { message: "one is created, one has exited", timeoutMs: BUSY_MS });
    const second = ["--port", `${bench.otherPort}:9090`];
    await using dewy = bench.dewy(...first, ...second);
    await dewy.waitForLog("Running containers taken over", { count: 1 });
    await using load = LoadClient.start({ target: { port: bench.port } });
    const started = await dewy.waitForLog("Deploy started");
    assert.equal(
      started["reason"],
      "the settings of its containers have changed",
    );
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    await load.stop();
    assert.deepEqual(load.failures, []);
    const [after] = await bench.settles(1, "v1.0.0");
    assert.notEqual(idOf(after), idOf(kept));
    const [reaped] = dewy.logs("Reaped exited containers");
    const names = String(reaped?.["names"]).split(" ").sort();
    assert.deepEqual(names, leftovers);
    const answer = await fetch(`http://127.0.0.1:${bench.otherPort}/`);
    assert.equal(await answer.text(), "v1.0.0");
  });
}

/** The `index`-th one that was taken out was so soon after `since`, in Unix milliseconds. */
function assertSoonOut(
  dewy: DewyProcess,
  index: number,
  since: number,
): void {
  const removed = dewy.logs("Backend removed from TCP proxy")[index];
  const afterMs = Date.parse(removed?.time ?? "") - since;
  assert.ok(afterMs <= OUT_MS, `out after ${afterMs} ms`);
}

function idOf(container: ListedContainer | undefined): string {
  assert.ok(container, "the container is there");
  return container.Id;
}

function idsOf(list: readonly ListedContainer[]): string[] {
  return list.map(({ Id }) => Id).sort();
}

function nameOf(container: ListedContainer | undefined): string {
  return container?.Names[0]?.slice(1) ?? "";
}
