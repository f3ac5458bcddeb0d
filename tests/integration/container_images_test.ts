import assert from "node:assert/strict";
import { ContainerBench } from "../support/container_bench.ts";
import { ENGINE_KINDS } from "../support/engine.ts";

const DONE = "Container deployment completed";

for (const kind of ENGINE_KINDS) {
  Deno.test(`${kind}: the images of the newest versions stay, and any that somebody uses`, async () => {
    await using bench = await ContainerBench.start(kind);
    await bench.publish("v1.0.0");
    const health = ["--health-path", "/healthz", "--health-timeout", "5"];
    await using dewy = bench.dewy(...health, "--keep-releases", "2");
    const deployed = async (tag: string) => {
      await dewy.waitForLog("Container deployment completed", { tag });
      await bench.settles(1, tag);
    };
    await deployed("v1.0.0");
    for (const tag of ["v1.1.0", "v1.2.0"]) {
      await bench.publish(tag);
      await deployed(tag);
    }
    const name = (tag: string) => `${bench.repository}:${tag}`;
    await dewy.waitForLog(removed(1), { kept: 2, names: name("v1.0.0") });
    assert.deepEqual(await tagsOf(bench), ["v1.1.0", "v1.2.0"]);
    // Somebody else's container, which does not even run.
    await bench.request("POST", "/containers/create?name=other", {
      Image: name("v1.1.0"),
    });
    for (const tag of ["v1.3.0", "v1.4.0"]) {
      await bench.publish(tag);
      await deployed(tag);
    }
    await dewy.waitForLog(removed(1), { names: name("v1.2.0") });
    assert.deepEqual(await tagsOf(bench), ["v1.1.0", "v1.3.0", "v1.4.0"]);
    // Not only their names are gone.
    assert.equal((await imagesOf(bench)).length, 3);
    assert.deepEqual(dewy.logs().filter(({ level }) => level === "ERROR"), []);

    await bench.publish("v1.5.0", { env: { CRASH: "cannot" } });
    await dewy.waitForLog("Deploy failed", { tag: "v1.5.0" });
    assert.ok((await tagsOf(bench)).includes("v1.5.0"), "it is tried again");
    await bench.publish("v1.6.0");
    await deployed("v1.6.0");
    const names = `${name("v1.5.0")} ${name("v1.3.0")}`;
    await dewy.waitForLog(removed(2), { names });
    assert.deepEqual(await tagsOf(bench), ["v1.1.0", "v1.4.0", "v1.6.0"]);
  });

  Deno.test(`${kind}: an image that lost its tag to another one goes`, async () => {
    await using bench = await ContainerBench.start(kind);
    const first = await bench.publish("v1.0.0");
    const health = ["--health-path", "/healthz", "--health-timeout", "5"];
    await using dewy = bench.dewy(...health);
    await dewy.waitForLog(DONE, { tag: "v1.0.0" });
    const second = await bench.publish("v1.0.0", { env: { COLOR: "blue" } });
    const old = `${bench.repository}@${first.digest}`;
    await dewy.waitForLog(removed(1), { names: old });
    await bench.settles(1, "v1.0.0");
    const left = await imagesOf(bench);
    assert.deepEqual(left.flatMap(({ RepoDigests }) => RepoDigests ?? []), [
      `${bench.repository}@${second.digest}`,
    ]);
    assert.equal(await bench.ask("/env?name=COLOR"), "blue");
  });
}

function removed(count: number): string {
  return `Removed ${count} old images`;
}

/** The versions that the engine has images of. */
async function tagsOf(bench: ContainerBench): Promise<string[]> {
  const images = await imagesOf(bench);
  return images.flatMap(({ RepoTags }) => RepoTags ?? [])
    .filter((name) => name.startsWith(`${bench.repository}:v`))
    .map((name) => name.slice(bench.repository.length + 1)).sort();
}

interface ListedImage {
  readonly RepoTags: readonly string[] | null;
  readonly RepoDigests: readonly string[] | null;
}

/** The images that the engine has of the application. */
async function imagesOf(
  bench: ContainerBench,
): Promise<readonly ListedImage[]> {
  const images: readonly ListedImage[] = JSON.parse(
    await bench.request("GET", "/images/json"),
  );
  return images.filter(({ RepoTags, RepoDigests }) =>
    [...RepoTags ?? [], ...RepoDigests ?? []]
      .some((name) => name.startsWith(bench.repository))
  );
}
