import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { ConfigError, SourceError } from "../../src/base/errors.ts";
import { EngineConflict } from "../../src/client/engine.ts";
import type { EngineClient } from "../../src/client/engine_client.ts";
import type { PullProgress } from "../../src/client/engine_types.ts";
import {
  ENGINE_KINDS,
  sharedEngine,
  type TestEngine,
} from "../support/engine.ts";
import { BASIC_USER, ImageRegistry } from "../support/image_registry.ts";
import { freePort } from "../support/free_port.ts";
import { deleteLayer, pushImage } from "../support/push_image.ts";
import {
  goodImage,
  loadImages,
  type TestImage,
} from "../support/test_image.ts";

const REPOSITORY = "registry.test/team/app";
const signal = new AbortController().signal;

/** Returns an image of a repository that no other test has. */
function imageIn(registry: ImageRegistry, name: string): TestImage {
  return { ...goodImage(`${registry.host}/${name}`, "v1"), extra: name };
}

function refusal(code: SourceError["code"]): (error: unknown) => boolean {
  return (error) => {
    ok(error instanceof SourceError, `${error}`);
    equal(error.code, code, error.message);
    match(error.message, /^Cannot pull image ".*": /);
    ok(error.hint);
    return true;
  };
}

for (const kind of ENGINE_KINDS) {
  const shared = sharedEngine(kind);
  const test = (
    name: string,
    task: (client: EngineClient, engine: TestEngine) => Promise<void>,
  ) =>
    Deno.test(`${kind}: ${name}`, async () => {
      using client = shared.engine.client();
      await task(client, shared.engine);
    });

  test("pulls by tag and by digest, and tells how far it is", async (client) => {
    await using registry = await ImageRegistry.start({ line: "debian" });
    const image = imageIn(registry, "by-tag");
    const { digest } = await pushImage(registry, image);
    const steps: PullProgress[] = [];
    const byTag = `${image.repository}:v1`;
    await client.pullImage(byTag, {
      onProgress: (step) => steps.push(step),
    }, signal);
    ok(steps.length > 0);
    ok(steps.every(({ status, layer }) => status !== "" || layer !== ""));
    const pulled = await client.inspectImage(byTag, signal);
    deepEqual(pulled?.tags, [byTag]);
    deepEqual(pulled?.digests, [`${image.repository}@${digest}`]);
    deepEqual(pulled?.exposedPorts, ["8080/tcp"]);

    await client.removeImage(byTag, signal);
    equal(await client.inspectImage(byTag, signal), undefined);
    const byDigest = `${image.repository}@${digest}`;
    await client.pullImage(byDigest, {}, signal);
    equal((await client.inspectImage(byDigest, signal))?.id, pulled?.id);
    const listed = await client.listImages(image.repository, signal);
    deepEqual(listed.map(({ id }) => id), [pulled?.id]);
    // What is there already is no failure.
    await client.pullImage(byDigest, {}, signal);
    await client.removeImage(byDigest, signal);
    equal(await client.inspectImage(byDigest, signal), undefined);
  });

  test("pulls with credentials, and not without", async (client) => {
    const auth = { kind: "basic" } as const;
    await using registry = await ImageRegistry.start({ line: "debian", auth });
    const image = imageIn(registry, "private");
    const { origin, host: serverAddress } = registry;
    await pushImage({ origin, user: BASIC_USER }, image);
    const reference = `${image.repository}:v1`;
    const pull = (password: string) =>
      client.pullImage(reference, {
        auth: { ...BASIC_USER, password, serverAddress },
      }, signal);
    await rejects(client.pullImage(reference, {}, signal), refusal("denied"));
    await rejects(pull("wrong-password"), (error) => {
      ok(!Deno.inspect(error).includes("wrong-password"));
      return refusal("denied")(error);
    });
    equal(await client.inspectImage(reference, signal), undefined);
    await pull(BASIC_USER.password);
    ok(await client.inspectImage(reference, signal));
  });

  test("says why an image cannot be pulled", async (client) => {
    await using registry = await ImageRegistry.start({ line: "debian" });
    const image = imageIn(registry, "broken");
    const { layers } = await pushImage(registry, image);
    const { repository } = image;
    await rejects(
      client.pullImage(`${repository}:v9`, {}, signal),
      refusal("not-found"),
    );
    const absent = `${repository}@sha256:${"0".repeat(64)}`;
    await rejects(
      client.pullImage(absent, {}, signal),
      refusal("not-found"),
    );
    await deleteLayer(registry, image, layers.at(-1) ?? "");
    await rejects(
      client.pullImage(`${repository}:v1`, {}, signal),
      refusal("not-found"),
    );
    await rejects(
      client.pullImage(`127.0.0.1:${freePort()}/app:v1`, {}, signal),
      refusal("unavailable"),
    );
    await rejects(client.pullImage(repository, {}, signal), ConfigError);
  });

  test("lists the images of one repository only", async (client, engine) => {
    const images = [3, 1, 2].map((day) => ({
      ...goodImage(REPOSITORY, `v${day}`),
      createdAt: Date.UTC(2026, 1, day),
    }));
    const other = goodImage("registry.test/other/app", "v1");
    const longer = goodImage(`${REPOSITORY}-more`, "v1");
    await loadImages(engine, [...images, other, longer]);
    const listed = await client.listImages(REPOSITORY, signal);
    deepEqual(listed.map(({ tags }) => tags), [
      [`${REPOSITORY}:v3`],
      [`${REPOSITORY}:v2`],
      [`${REPOSITORY}:v1`],
    ]);
    equal(listed[0]?.createdAt, Date.UTC(2026, 1, 3));
    ok((listed[0]?.sizeBytes ?? 0) > 1024 * 1024);
  });

  test(
    "finds the images of Docker Hub by any of their names",
    async (client, engine) => {
      await loadImages(engine, [goodImage("docker.io/library/sample", "v1")]);
      const names = ["sample", "library/sample", "docker.io/library/sample"];
      for (const name of names) {
        equal((await client.listImages(name, signal)).length, 1, name);
        ok(await client.inspectImage(`${name}:v1`, signal), name);
      }
    },
  );

  test(
    "takes names away one by one, and the image with the last",
    async (client, engine) => {
      const repository = "registry.test/tagged";
      // Of the same bytes as other tests' images it would be one with them.
      const image = { ...goodImage(repository, "v1"), extra: "tagged" };
      await loadImages(engine, [image]);
      const tag = { repository, tag: "stable" };
      await client.tagImage(`${repository}:v1`, tag, signal);
      const loaded = await client.inspectImage(`${repository}:v1`, signal);
      const id = loaded?.id ?? "";
      deepEqual(loaded?.tags.toSorted(), [
        `${repository}:stable`,
        `${repository}:v1`,
      ]);
      await client.removeImage(`${repository}:v1`, signal);
      const rest = await client.inspectImage(id, signal);
      deepEqual(rest?.tags, [`${repository}:stable`]);
      await client.removeImage(`${repository}:stable`, signal);
      equal(await client.inspectImage(id, signal), undefined);
      await client.removeImage(`${repository}:stable`, signal);
    },
  );

  test("keeps an image that a container is made of", async (client, engine) => {
    const repository = "registry.test/used";
    const Image = `${repository}:v1`;
    const image = { ...goodImage(repository, "v1"), extra: "used" };
    await loadImages(engine, [image]);
    const { id } = await client.createContainer("used", { Image }, signal);
    await rejects(client.removeImage(Image, signal), EngineConflict);
    ok(await client.inspectImage(Image, signal));
    await client.removeContainer(id, {}, signal);
    await client.removeImage(Image, signal);
    equal(await client.inspectImage(Image, signal), undefined);
  });
}
