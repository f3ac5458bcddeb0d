import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import {
  GithubClient,
  type GithubClientOptions,
} from "../../../src/client/github_client.ts";
import { delay } from "../../support/delay.ts";
import { GithubServer, problem } from "../../support/github_server.ts";

const NEVER = new AbortController().signal;
const REPO = { owner: "o", repo: "app" };
const FIRST = { page: 1, etag: undefined };

async function open(
  server: GithubServer,
  options: GithubClientOptions = {},
): Promise<GithubClient> {
  server.repo("o/app").publish("v1.0.0", { app: "bytes" });
  return await GithubClient.open(server.env, options);
}

/** Answers the first of `answers` to the first request, and so on; then the API answers itself. */
function answerWith(
  server: GithubServer,
  ...answers: (() => Response)[]
): void {
  server.intercept = () => answers.shift()?.();
}

async function failure(task: Promise<unknown>): Promise<SourceError> {
  try {
    await task;
  } catch (error) {
    ok(error instanceof SourceError, String(error));
    ok(!`${error.message} ${error.hint} ${error.cause}`.includes("ghp_"));
    return error;
  }
  throw new Error("It did not fail");
}

Deno.test("GithubClient says who it is and which API it speaks", async () => {
  await using server = new GithubServer();
  const client = await open(server);
  await client.listReleases(REPO, FIRST, NEVER);
  const [{ headers, path } = { headers: new Headers(), path: "" }] =
    server.requests;
  equal(path, "/repos/o/app/releases?page=1&per_page=100");
  equal(headers.get("authorization"), "Bearer ghp_writer");
  equal(headers.get("accept"), "application/vnd.github.v3+json");
  equal(headers.get("x-github-api-version"), "2022-11-28");
  ok(headers.get("user-agent")?.startsWith("dewy/"));
});

Deno.test("GithubClient asks again after a momentary failure", async () => {
  await using server = new GithubServer();
  const client = await open(server);
  const broken = () =>
    new Response('[{"id": 1, "tag_na', {
      headers: { "content-type": "application/json" },
    });
  answerWith(server, () => problem(502, "Server Error"), broken);
  const page = await client.listReleases(REPO, FIRST, NEVER);
  deepEqual(page?.releases.map(({ tag }) => tag), ["v1.0.0"]);
  equal(server.requests.length, 3);
});

Deno.test("GithubClient gives up after three failures", async () => {
  await using server = new GithubServer();
  const client = await open(server);
  server.intercept = () => problem(500, "Server Error");
  const error = await failure(client.listReleases(REPO, FIRST, NEVER));
  equal(error.code, "unavailable");
  const { host } = new URL(server.origin);
  equal(
    error.message,
    `Cannot list the releases of "o/app" on ${host}: status 500`,
  );
  equal(server.requests.length, 3);
});

Deno.test("GithubClient does not ask again what cannot help", async () => {
  await using server = new GithubServer();
  const client = await open(server);
  const cases = [[401, "denied"], [403, "denied"], [404, "not-found"]] as const;
  for (const [status, code] of cases) {
    server.requests.length = 0;
    server.intercept = () => problem(status, "No");
    const error = await failure(client.listReleases(REPO, FIRST, NEVER));
    deepEqual([error.code, error.retryAfterMs], [code, 0]);
    ok(error.hint?.includes("GH_TOKEN"), error.hint);
    equal(server.requests.length, 1);
  }
});

Deno.test("GithubClient says when it may ask again, and does not ask before", async () => {
  const inAMinute = () => String(Math.ceil(Date.now() / 1000) + 60);
  const limits: readonly (readonly [number, Record<string, string>])[] = [
    [429, { "retry-after": "60" }],
    [403, { "retry-after": "60" }],
    [429, {}],
    [403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": inAMinute() }],
    [503, { "retry-after": new Date(Date.now() + 60_500).toUTCString() }],
  ];
  for (const [status, headers] of limits) {
    await using server = new GithubServer();
    let now = Date.now();
    const client = await open(server, { now: () => now });
    answerWith(server, () => new Response("{}", { status, headers }));
    const error = await failure(client.listReleases(REPO, FIRST, NEVER));
    equal(error.code, "unavailable");
    ok(Math.abs(error.retryAfterMs - 60_000) < 2_500, `${error.retryAfterMs}`);
    now += 30_000;
    const second = await failure(client.releaseByTag(REPO, "v1.0.0", NEVER));
    ok(Math.abs(second.retryAfterMs - 30_000) < 2_500);
    equal(server.requests.length, 1, "it was asked too early");
    now += 33_000;
    ok(await client.listReleases(REPO, FIRST, NEVER));
  }
});

Deno.test("GithubClient is not let in early by a shorter wish that comes later", async () => {
  await using server = new GithubServer();
  let now = Date.now();
  const client = await open(server, { now: () => now });
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const limit = (seconds: string) =>
    new Response("{}", { status: 429, headers: { "retry-after": seconds } });
  let asked = 0;
  server.intercept = async () => {
    if (asked++ > 0) return limit("60");
    arrived.resolve();
    await release.promise;
    return limit("5");
  };
  const slow = failure(client.listReleases(REPO, FIRST, NEVER));
  await arrived.promise;
  await failure(client.releaseByTag(REPO, "v1.0.0", NEVER));
  release.resolve();
  equal((await slow).retryAfterMs, 5_000);
  now += 30_000;
  const third = await failure(client.releaseByTag(REPO, "v1.0.0", NEVER));
  equal(third.retryAfterMs, 30_000);
  equal(server.requests.length, 2);
  now -= 86_400_000;
  server.intercept = undefined;
  ok(
    await client.releaseByTag(REPO, "v1.0.0", NEVER),
    "the clock was set back",
  );
});

Deno.test("GithubClient does not take a redirect of an upload for a success", async () => {
  await using server = new GithubServer();
  await using other = new GithubServer();
  const client = await open(server);
  const release = await client.releaseByTag(REPO, "v1.0.0", NEVER);
  for (const status of [200, 302, 307]) {
    server.intercept = () => {
      const headers = { location: `${other.origin}/login` };
      return new Response(status === 200 ? "<p>" : null, { status, headers });
    };
    const asset = { name: "a.txt", text: "a" };
    const error = await failure(client.addTextAsset(release, asset, NEVER));
    equal(error.code, "invalid");
    ok(error.message.endsWith(`status ${status}`), error.message);
  }
  equal(other.requests.length, 0);
});

Deno.test("GithubClient reads the reset by the server's clock", async () => {
  await using server = new GithubServer();
  const client = await open(server);
  const at = Date.UTC(2031, 0, 1) / 1000;
  answerWith(server, () =>
    new Response("{}", {
      status: 403,
      headers: {
        date: new Date(at * 1000).toUTCString(),
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(at + 90),
      },
    }));
  const error = await failure(client.listReleases(REPO, FIRST, NEVER));
  equal(error.retryAfterMs, 90_000);
});

Deno.test("GithubClient follows a renamed repository, and no redirect to another origin", async () => {
  await using server = new GithubServer();
  await using other = new GithubServer();
  const client = await open(server);
  const moved = (url: string) =>
    new Response(null, { status: 301, headers: { location: url } });
  const url = `${server.apiUrl}/repos/o/app/releases?per_page=100&page=1`;
  answerWith(server, () => moved(url));
  ok(await client.listReleases(REPO, FIRST, NEVER));
  for (const status of [301, 302, 307]) {
    answerWith(server, () => {
      const location = url.replace(server.origin, other.origin);
      return new Response(null, { status, headers: { location } });
    });
    const error = await failure(client.listReleases(REPO, FIRST, NEVER));
    equal(error.code, "invalid");
  }
  equal(other.requests.length, 0);
});

Deno.test("GithubClient ends with the reason of an abort, and by itself when nothing comes", async () => {
  await using server = new GithubServer();
  const client = await open(server, { timeoutMs: 100 });
  const answers: (() => void)[] = [];
  server.intercept = () =>
    new Promise((resolve) => answers.push(() => resolve(problem(500, ""))));
  const controller = new AbortController();
  const asking = client.listReleases(REPO, FIRST, controller.signal);
  await delay(20);
  const reason = new Error("stopped");
  controller.abort(reason);
  await rejects(asking, (error) => error === reason);
  const error = await failure(client.releaseByTag(REPO, "v1", NEVER));
  equal(error.code, "timeout");
  equal(answers.length, 2, "a hanging server is not asked again at once");
  answers.forEach((answer) => answer());
});

Deno.test("GithubClient says that nobody answers", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const resetting = (async () => {
    for await (const connection of listener) connection.close();
  })();
  const env = { GITHUB_API_URL: `http://127.0.0.1:${port}`, GH_TOKEN: "ghp_x" };
  const client = await GithubClient.open(env);
  const reset = await failure(client.listReleases(REPO, FIRST, NEVER));
  equal(reset.code, "unavailable");
  listener.close();
  await resetting;
  const refused = await failure(client.listReleases(REPO, FIRST, NEVER));
  equal(refused.code, "unavailable");
  ok(refused.hint?.includes("GITHUB_API_URL"));
});

Deno.test("GithubClient refuses an answer that is not GitHub's", async () => {
  await using server = new GithubServer();
  const client = await open(server);
  for (const body of [{}, [{ id: "1" }], [null]]) {
    server.intercept = () => Response.json(body);
    const error = await failure(client.listReleases(REPO, FIRST, NEVER));
    equal(error.code, "invalid");
  }
});
