import assert from "node:assert/strict";
import { listContainers } from "../../../src/cli/container_list.ts";
import { freePortRange } from "../../support/free_port.ts";

const container = (name: string, at: number) => ({
  ...{ id: name, name, image: "a/b:v1", status: "running", labels: {} },
  ip_port: `127.0.0.1:${at}`,
  started_at: "2025-01-15T01:30:00Z",
  deployed_at: "2025-01-15T10:30:00+09:00",
});
const listing = (containers: unknown) => () => Response.json({ containers });

/** Ten ports in a row, some of them taken; returns what is listed of them. */
async function list(
  answers: Readonly<Record<number, () => Response>>,
): Promise<{ readonly first: number; readonly text: string }> {
  const first = freePortRange(10);
  await using stack = new AsyncDisposableStack();
  for (const [at, answer] of Object.entries(answers)) {
    stack.use(Deno.serve({
      hostname: "127.0.0.1",
      port: first + Number(at),
      onListen: () => {},
    }, answer));
  }
  return { first, text: await listContainers(first) };
}

Deno.test("listContainers() shows what the original shows of one dewy", async () => {
  const { text } = await list({
    0: listing([container("web-1-1", 49_153), container("web-1-0", 9)]),
  });
  assert.equal(
    text,
    "UPSTREAM           DEPLOY TIME            NAME\n" +
      "127.0.0.1:9        2025-01-15 10:30:00    web-1-0\n" +
      "127.0.0.1:49153    2025-01-15 10:30:00    web-1-1\n",
  );
});

Deno.test("listContainers() looks behind a dewy without containers, and behind what is no dewy", async () => {
  const { first, text } = await list({
    0: listing(null),
    1: () => new Response("404 page not found", { status: 404 }),
    2: () => new Response("<html>"),
    4: listing([container("web-1-0", 1)]),
    9: listing([container("api-1-0", 2)]),
  });
  const names = [...text.matchAll(/ (\w+-1-0)\n/g)].map(([, name]) => name);
  assert.deepEqual(names, ["api-1-0", "web-1-0"]);
  const note = `\n(Connected to admin API on ports ${first}, ${first + 4}, ${
    first + 9
  })\n`;
  assert.ok(text.endsWith(note), text);
});

Deno.test("listContainers() says when there is nothing, or nobody", async () => {
  const { text } = await list({ 0: listing(null) });
  assert.equal(text, "No containers found.\n");
  await assert.rejects(list({}), /no running dewy instances found \(tried/);
  await assert.rejects(
    list({ 3: () => new Response("no", { status: 500 }) }),
    /admin API returned status 500/,
  );
  await assert.rejects(
    list({ 3: () => new Response("<html>") }),
    /failed to parse response/,
  );
});
