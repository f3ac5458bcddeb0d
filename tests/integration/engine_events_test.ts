import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../src/base/errors.ts";
import type { EngineClient } from "../../src/client/engine_client.ts";
import type {
  ContainerEvent,
  EventFilter,
} from "../../src/client/engine_types.ts";
import { ENGINE_KINDS } from "../support/engine.ts";
import {
  ask,
  CRASHING,
  engineTests,
  inspect,
  PUBLISHED,
  run,
  type Spec,
  V1,
} from "../support/engine_tests.ts";

const signal = AbortSignal.timeout(120_000);

function labelled(app: string, image: string = V1): Spec {
  return { Image: image, Labels: { "dewy.app": app }, HostConfig: PUBLISHED };
}

/** Follows events until one of them is the last one that is wanted. */
async function follow(
  client: EngineClient,
  filter: EventFilter,
  isLast: (event: ContainerEvent) => boolean,
): Promise<ContainerEvent[]> {
  const events: ContainerEvent[] = [];
  for await (const event of client.events(filter, signal)) {
    events.push(event);
    if (isLast(event)) return events;
  }
  return events;
}

for (const kind of ENGINE_KINDS) {
  const test = engineTests(kind);

  test("tells what happens to containers, once each", async (client) => {
    const { promise: opened, resolve: onOpen } = Promise.withResolvers<void>();
    const labels = { "dewy.app": "followed" };
    const since = Date.now();
    const following = follow(
      client,
      { labels, since, onOpen },
      ({ action }) => action === "destroy",
    );
    await opened;
    const other = await run(client, "other", labelled("other"));
    const id = await run(client, "followed", labelled("followed", CRASHING));
    await client.waitContainer(id, signal);
    await client.renameContainer(id, "renamed", signal);
    await client.removeContainer(id, {}, signal);
    await client.removeContainer(other, { force: true }, signal);
    const events = await following;
    deepEqual(
      events.map(({ action }) => action),
      ["create", "start", "die", "rename", "destroy"],
    );
    ok(events.every((event) => event.id === id));
    ok(events.every((event) => event.labels["dewy.app"] === "followed"));
    ok(events.every(({ at }) => at >= since && at <= Date.now()));
    deepEqual(events.map(({ exitCode }) => exitCode), [
      ...[undefined, undefined, 3, undefined, undefined],
    ]);
    equal(events[0]?.name, "followed");
    equal(events.at(-1)?.name, "renamed");
  });

  test("tells of a kill and a pause", async (client, engine) => {
    const labels = { "dewy.app": "paused" };
    const id = await run(client, "paused", labelled("paused"));
    const since = Date.now();
    await engine.post(`/containers/${id}/pause`);
    equal((await client.inspectContainer(id, signal))?.state, "paused");
    await engine.post(`/containers/${id}/unpause`);
    await client.killContainer(id, "SIGKILL", signal);
    const events = await follow(
      client,
      { labels, since },
      ({ action }) => action === "die",
    );
    // The start may have been in the same millisecond.
    deepEqual(
      events.map(({ action }) => action).slice(-3),
      ["pause", "unpause", "die"],
    );
    equal(events.at(-1)?.exitCode, 137);
    await client.removeContainer(id, {}, signal);
  });

  test("tells again what happened since", async (client) => {
    const labels = { "dewy.app": "since" };
    const begin = Date.now();
    const id = await run(client, "since", labelled("since"));
    await ask(await inspect(client, id), "/");
    await client.stopContainer(id, 5, signal);
    const events = await follow(
      client,
      { labels, since: begin },
      ({ action }) => action === "die",
    );
    deepEqual(events.map(({ action }) => action), ["create", "start", "die"]);
    equal(events.at(-1)?.exitCode, 0);
    await client.removeContainer(id, {}, signal);
  });

  // Podman has systemd run its checks, which need not be there.
  if (kind === "docker") {
    test("tells that a container became unhealthy", async (client) => {
      const labels = { "dewy.app": "health" };
      const since = Date.now();
      const second = 1e9;
      const Healthcheck = {
        Test: ["CMD", "/nothing"],
        Interval: second / 5,
        Timeout: second,
        Retries: 1,
      };
      const id = await run(client, "health", {
        ...labelled("health"),
        Healthcheck,
      });
      const events = await follow(
        client,
        { labels, since },
        ({ action }) => action === "health",
      );
      equal(events.at(-1)?.health, "unhealthy");
      const details = await client.inspectContainer(id, signal);
      equal(details?.health, "unhealthy");
      await client.removeContainer(id, { force: true }, signal);
    });
  }

  test("ends with the caller's abort", async (client) => {
    const abort = new AbortController();
    const reason = new Error("enough");
    const filter = { labels: {}, onOpen: () => abort.abort(reason) };
    await rejects(
      async () => {
        for await (const event of client.events(filter, abort.signal)) {
          void event;
        }
      },
      (error) => error === reason,
    );
  });

  test("ends as unavailable when the engine ends", async (client, engine) => {
    for (const end of ["SIGTERM", "SIGKILL"] as const) {
      const { promise: opened, resolve } = Promise.withResolvers<void>();
      const following = follow(
        client,
        { labels: {}, onOpen: resolve },
        () => false,
      );
      await opened;
      await Promise.all([
        rejects(following, (error) => {
          ok(error instanceof SourceError, `${error}`);
          equal(error.code, "unavailable");
          return true;
        }),
        engine.endDaemon(end),
      ]);
      await engine.startDaemon();
      // The next call finds the new one.
      equal((await client.version(signal)).kind, kind);
      deepEqual(await client.listContainers({ labels: {} }, signal), []);
    }
  });
}
