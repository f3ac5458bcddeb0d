import { equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { GithubClient } from "../../../src/client/github_client.ts";

const NEVER = new AbortController().signal;
const REPO = { owner: "o", repo: "app" };
const FIRST = { page: 1, etag: undefined };
const ASSET = { id: 1, name: "a", bytes: 1, isUploaded: true, updatedAt: "" };

function serve(answer: (path: string) => Response) {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => answer(new URL(request.url).pathname),
  );
}

function envOf(server: Deno.HttpServer<Deno.NetAddr>) {
  const api = `http://127.0.0.1:${server.addr.port}/`;
  return { GH_TOKEN: "ghp_x", GITHUB_API_URL: api };
}

Deno.test("GithubClient keeps the begin of a page that comes with an error", async () => {
  const page = `<html>${"x".repeat(200_000)}`;
  const headers = { "content-type": "text/html" };
  await using server = serve(() =>
    new Response(page, { status: 502, headers })
  );
  const client = await GithubClient.open(envOf(server));
  await rejects(client.listReleases(REPO, FIRST, NEVER), (error) => {
    ok(error instanceof SourceError);
    ok(error.message.endsWith("status 502"), error.message);
    ok(error.cause instanceof Error);
    ok(error.cause.message.startsWith("<html>x"), error.cause.message);
    equal(error.cause.message.length, 1_000);
    return true;
  });
});

Deno.test("GithubClient leaves GitHub alone for an hour at most when a storage host wants more", async () => {
  let now = 1e12;
  const busy = { status: 503, headers: { "retry-after": "7200" } };
  await using storage = serve(() => new Response("", busy));
  const location = `http://127.0.0.1:${storage.addr.port}/x`;
  let downloads = 0;
  await using server = serve((path) => {
    if (!path.includes("/assets/")) return Response.json([]);
    downloads++;
    return new Response(null, { status: 302, headers: { location } });
  });
  const client = await GithubClient.open(envOf(server), { now: () => now });
  const download = () => client.openAsset(REPO, ASSET, NEVER);
  await rejects(download(), SourceError);
  const asked = downloads;
  now += 59 * 60_000;
  await rejects(download(), /wants to be left alone for 60 s more/);
  equal(downloads, asked);
  now += 60_000;
  await client.listReleases(REPO, FIRST, NEVER);
});
