import assert from "node:assert/strict";
import {
  ContainerBench,
  type ListedContainer,
} from "../support/container_bench.ts";
import { ENGINE_KINDS } from "../support/engine.ts";
import { BASIC_USER } from "../support/image_registry.ts";
import { TempDir } from "../support/temp_dir.ts";
import { hostArchitecture } from "../support/test_image.ts";
import { TOKEN_USER, TokenServer } from "../support/token_server.ts";

const DONE = "Container deployment completed";
const HEALTH = ["--health-path", "/healthz", "--health-timeout", "5"];

for (const kind of ENGINE_KINDS) {
  Deno.test(`${kind}: a registry with passwords is pulled from as docker login has it, and not with a wrong one`, async () => {
    const auth = { kind: "basic" } as const;
    const pusher = { user: BASIC_USER };
    await using bench = await ContainerBench.start(kind, { auth, pusher });
    await bench.publish("v1.0.0");
    const wrong = { ...BASIC_USER, password: "wrong-password" };
    const env = await logIn(bench, wrong);
    await using dewy = bench.dewyWith(env, ...HEALTH);
    const failed = await dewy.waitForLog("Dewy run failure");
    assert.match(String(failed["error"]), /status 401/);
    assert.match(String(failed["hint"]), /config\.json/);
    assert.deepEqual(await bench.containers(), []);
    await logIn(bench, BASIC_USER);
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    assert.equal(await bench.ask(), "v1.0.0");
    // The same while something is in service: that stays, and nothing else comes.
    dewy.kill("SIGKILL");
    await dewy.exited;
    const kept = await bench.settles(1, "v1.0.0");
    await bench.publish("v1.1.0");
    await logIn(bench, wrong);
    await using second = bench.dewyWith(env, ...HEALTH);
    await second.waitForLog("Dewy run failure");
    assert.equal(await bench.ask(), "v1.0.0");
    assert.deepEqual(await bench.settles(1, "v1.0.0").then(idsOf), idsOf(kept));
    await logIn(bench, BASIC_USER);
    await second.waitForLog(DONE, { tag: "v1.1.0" });
    assert.equal(await bench.ask(), "v1.1.0");
    assert.ok(!second.transcript().includes("wrong-password"));
    assert.ok(!dewy.transcript().includes("wrong-password"));
    assert.ok(!dewy.transcript().includes(BASIC_USER.password));
  });

  Deno.test(`${kind}: a registry with tokens is pulled from by its realm`, async () => {
    await using folder = await TempDir.create();
    await using tokens = await TokenServer.start({ folder });
    const { auth } = tokens;
    const scope = "repository:team/web:pull,push";
    const token = await tokens.sign([scope], TOKEN_USER.username);
    const pusher = { authorization: `Bearer ${token}` };
    await using bench = await ContainerBench.start(kind, { auth, pusher });
    await bench.publish("v1.0.0");
    const env = await logIn(bench, TOKEN_USER);
    const realm = ["--fetch-host", tokens.host];
    await using dewy = bench.dewyWith(env, ...HEALTH, ...realm);
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    assert.equal(await bench.ask(), "v1.0.0");
    const pull = tokens.requests.filter(({ scopes }) =>
      scopes.includes("repository:team/web:pull")
    );
    assert.ok(pull.length >= 2, "dewy and the engine both ask");
    assert.ok(pull.every(({ authorization }) => authorization !== null));
  });

  Deno.test(`${kind}: of an index the image for this host runs, or the one of --platform`, async () => {
    await using bench = await ContainerBench.start(kind);
    const own = hostArchitecture();
    const other = own === "arm64" ? "amd64" : "arm64";
    await bench.publishIndex("v1.0.0", [other, own]);
    {
      await using dewy = bench.dewy(...HEALTH);
      await dewy.waitForLog(DONE, { tag: "v1.0.0" });
      assert.equal(await bench.ask(), `v1.0.0-${own}`);
      await dewy.crash();
    }
    const platform = ["--", "--platform", `linux/${other}`];
    await using dewy = bench.dewy(...HEALTH, ...platform);
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    // Its binary is for this host, whatever the image says.
    assert.equal(await bench.ask(), `v1.0.0-${other}`);
    await bench.publishIndex("v1.1.0", [own, other]);
    await dewy.waitForLog(DONE, { tag: "v1.1.0" });
    assert.equal(await bench.ask(), `v1.1.0-${other}`);
  });
}

function idsOf(list: readonly ListedContainer[]): readonly string[] {
  return list.map(({ Id }) => Id);
}

/** Writes what `docker login` writes, and returns the variable that leads to it. */
async function logIn(
  { registry, folder }: ContainerBench,
  { username, password }: typeof BASIC_USER,
): Promise<Readonly<Record<string, string>>> {
  const text = new TextEncoder().encode(`${username}:${password}`);
  const auths = { [registry.host]: { auth: text.toBase64() } };
  await Deno.writeTextFile(
    folder.join("config.json"),
    JSON.stringify({ auths }),
  );
  return { DOCKER_CONFIG: folder.path };
}
