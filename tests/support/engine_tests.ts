import { ok } from "node:assert/strict";
import type { EngineClient } from "../../src/client/engine_client.ts";
import type {
  ContainerDetails,
  ContainerSpec,
  EngineKind,
} from "../../src/client/engine_types.ts";
import { sharedEngine, type TestEngine } from "./engine.ts";
import { eventually } from "./eventually.ts";
import { crashingImage, goodImage, loadImages } from "./test_image.ts";

const REPOSITORY = "registry.test/app";
/** An image that works. */
export const V1 = `${REPOSITORY}:v1`;
/** An image that says why and exits with status 3. */
export const CRASHING = `${REPOSITORY}:v4`;
const signal = new AbortController().signal;

/** What a test adds to {@link ContainerSpec}; the engine's own names. */
export type Spec = ContainerSpec & Readonly<Record<string, unknown>>;

/** Publishes a port of the container on the loopback address. */
export const PUBLISHED = {
  PortBindings: { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] },
};

/** Creates a container and starts it. */
export async function run(
  client: EngineClient,
  name: string,
  spec: Spec = { Image: V1, HostConfig: PUBLISHED },
): Promise<string> {
  const { id } = await client.createContainer(name, spec, signal);
  await client.startContainer(id, signal);
  return id;
}

/** Returns a container that is there. */
export async function inspect(
  client: EngineClient,
  id: string,
): Promise<ContainerDetails> {
  const details = await client.inspectContainer(id, signal);
  ok(details, `Container ${id} is there`);
  return details;
}

/** Asks a container through its published port. */
export async function ask(
  { ports: [binding] }: ContainerDetails,
  path: string,
): Promise<string> {
  ok(binding, "It has a port");
  const url = `http://${binding.hostIp}:${binding.hostPort}${path}`;
  return await eventually(async () => await (await fetch(url)).text(), {
    message: `${url} answers`,
  });
}

/** Asks a container for what ends it, so that there need not be an answer. */
export async function end(
  { ports: [binding] }: ContainerDetails,
  path: string,
): Promise<void> {
  const url = `http://127.0.0.1:${binding?.hostPort}${path}`;
  await fetch(url).then((answer) => answer.text(), () => "");
}

/** Registers a test on an engine that has the images. */
export type EngineTest = (
  name: string,
  task: (client: EngineClient, engine: TestEngine) => Promise<void>,
) => void;

/** Returns what registers tests that share one engine. */
export function engineTests(kind: EngineKind): EngineTest {
  const images = [goodImage(REPOSITORY, "v1"), crashingImage(REPOSITORY, "v4")];
  const shared = sharedEngine(kind, (engine) => loadImages(engine, images));
  return (name, task) =>
    Deno.test(`${kind}: ${name}`, async () => {
      using client = shared.engine.client();
      await task(client, shared.engine);
    });
}
