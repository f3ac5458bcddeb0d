import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { GithubClient } from "../../../src/client/github_client.ts";
import { AppToken } from "../../../src/client/github_token.ts";
import { GithubServer } from "../../support/github_server.ts";

const NEVER = new AbortController().signal;
const REPO = { owner: "o", repo: "app" };
const MINUTE = 60_000;

function envOf(
  server: GithubServer,
  key: string = server.app.privateKey.pkcs1,
): Record<string, string> {
  return {
    GITHUB_API_URL: server.apiUrl,
    GITHUB_APP_ID: server.app.appId,
    GITHUB_APP_INSTALLATION_ID: server.app.installationId,
    GITHUB_APP_PRIVATE_KEY: key,
  };
}

Deno.test("GithubClient exchanges a GitHub App's key for a token, and keeps it", async () => {
  await using server = new GithubServer();
  server.repo("o/app").publish("v1.0.0", { a: "a" });
  for (const key of Object.values(server.app.privateKey)) {
    const before = server.app.issued;
    const client = await GithubClient.open(envOf(server, key));
    const ask = () => client.releaseByTag(REPO, "v1.0.0", NEVER);
    const answers = await Promise.all([ask(), ask(), ask()]);
    deepEqual(answers.map(({ tag }) => tag), ["v1.0.0", "v1.0.0", "v1.0.0"]);
    await ask();
    equal(server.app.issued - before, 1);
  }
});

Deno.test("GithubClient adds /api/v3 for the token exchange alone", async () => {
  await using server = new GithubServer();
  const client = await GithubClient.open({
    ...envOf(server),
    GITHUB_API_URL: `${server.origin}/`,
  });
  await rejects(client.releaseByTag(REPO, "v1", NEVER), SourceError);
  equal(server.app.issued, 1);
  deepEqual(server.requests.map(({ path }) => path), [
    `/app/installations/${server.app.installationId}/access_tokens`,
    "/repos/o/app/releases/tags/v1",
  ]);
});

Deno.test("GithubClient renews an App's token when less than five minutes are left of it", async () => {
  await using server = new GithubServer();
  server.repo("o/app").publish("v1.0.0", {});
  let now = Date.now();
  const client = await GithubClient.open(envOf(server), { now: () => now });
  const ask = () => client.releaseByTag(REPO, "v1.0.0", NEVER);
  await ask();
  now += 54 * MINUTE;
  await ask();
  equal(server.app.issued, 1);
  now += 2 * MINUTE;
  await ask();
  equal(server.app.issued, 2);
});

Deno.test("GithubClient gets a new App token after GitHub has refused the old one", async () => {
  await using server = new GithubServer();
  server.repo("o/app").publish("v1.0.0", {});
  const client = await GithubClient.open(envOf(server));
  const ask = () => client.releaseByTag(REPO, "v1.0.0", NEVER);
  await ask();
  server.revokeAppTokens();
  await rejects(ask(), { code: "denied" });
  equal((await ask()).tag, "v1.0.0");
  equal(server.app.issued, 2);
});

Deno.test("GithubClient says so when GitHub refuses the App", async () => {
  await using server = new GithubServer();
  await using other = new GithubServer();
  const key = other.app.privateKey.pkcs8;
  const client = await GithubClient.open(envOf(server, key));
  await rejects(client.releaseByTag(REPO, "v1", NEVER), (error) => {
    ok(error instanceof SourceError);
    equal(error.code, "denied");
    equal(error.message, "Cannot get a token for the GitHub App: status 401");
    ok(error.hint?.includes("GITHUB_APP_ID"));
    return true;
  });
});

Deno.test("GithubClient takes a redirect of the token exchange for no token", async () => {
  await using server = new GithubServer();
  await using other = new GithubServer();
  const client = await GithubClient.open(envOf(server));
  for (const status of [200, 301, 302, 307]) {
    server.requests.length = 0;
    server.intercept = () => {
      const headers = { location: `${other.origin}/login` };
      const body = status === 200 ? "<p>Log in" : null;
      return new Response(body, { status, headers });
    };
    await rejects(client.releaseByTag(REPO, "v1", NEVER), (error) => {
      ok(error instanceof SourceError);
      equal(error.code, "invalid");
      equal(
        error.message,
        `Cannot get a token for the GitHub App: status ${status}`,
      );
      ok(error.hint?.includes("GITHUB_API_URL"));
      return true;
    });
    equal(server.requests.length, 1, "nothing is asked without a token");
  }
  equal(other.requests.length, 0);
});

Deno.test("AppToken asks once for all who wait, and ends the question when all have left", async () => {
  const signals: AbortSignal[] = [];
  const tokens = new AppToken({
    now: Date.now,
    exchange: (signal) => {
      signals.push(signal);
      const { promise, reject } = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => reject(signal.reason));
      return promise;
    },
  });
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = [tokens.get(first.signal), tokens.get(second.signal)];
  first.abort(new Error("first"));
  await rejects(waiting[0] ?? Promise.resolve(), /first/);
  equal(signals.length, 1);
  ok(!signals[0]?.aborted);
  second.abort(new Error("second"));
  await rejects(waiting[1] ?? Promise.resolve(), /second/);
  ok(signals[0]?.aborted);
  const third = AbortSignal.timeout(10);
  await rejects(tokens.get(third));
  equal(signals.length, 2, "a later question is a new one");
});
