import assert from "node:assert/strict";
import { checkHealth } from "../../../src/rollout/health.ts";
import type { Instance } from "../../../src/rollout/instance.ts";
import { freePort } from "../../support/free_port.ts";

function instanceAt(port: number): Instance {
  const addresses = new Map([[80, { hostname: "127.0.0.1", port }]]);
  return { id: "a", name: "web-0", tag: "v1", replica: 0, addresses };
}

/** Looks once, and returns what was told of it. */
async function looksAt(
  port: number,
  signal = new AbortController().signal,
): Promise<(string | undefined)[]> {
  const looks: (string | undefined)[] = [];
  const settings = {
    path: "/healthz",
    attemptMs: 5_000,
    onLook: (sickness?: string) => looks.push(sickness),
  };
  try {
    await checkHealth(instanceAt(port), settings, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return looks;
}

Deno.test("checkHealth() tells each look with what it found", async () => {
  let status = 200;
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(null, { status }),
  );
  const { port } = server.addr;
  assert.deepEqual(await looksAt(port), [undefined]);
  status = 503;
  assert.deepEqual(await looksAt(port), ["/healthz answered 503"]);
  const [gone, ...others] = await looksAt(freePort());
  assert.match(gone ?? "", /did not answer/);
  assert.deepEqual(others, []);
});

Deno.test("checkHealth() says with what an instance answered that is well", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(null, { status: 204 }),
  );
  const { port } = server.addr;
  const settings = { path: "/healthz", attemptMs: 5_000 };
  const { signal } = new AbortController();
  const look = (path?: string) =>
    checkHealth(instanceAt(port), { ...settings, path }, signal);
  assert.deepEqual(await look("/"), {
    sickness: undefined,
    answer: "204 No Content",
  });
  assert.deepEqual(await look(), { sickness: undefined });
});

Deno.test("checkHealth() tells nothing of a look that was called off", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const stopping = new AbortController();
  const looking = looksAt(listener.addr.port, stopping.signal);
  const client = await listener.accept();
  stopping.abort();
  assert.deepEqual(await looking, []);
  client.close();
});
