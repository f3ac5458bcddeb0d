import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { ConfigError, SourceError } from "../../../src/base/errors.ts";
import type { Release } from "../../../src/base/release.ts";
import { openRegistry } from "../../../src/registry/open_registry.ts";
import type { Registry } from "../../../src/registry/registry.ts";
import { GithubServer, problem } from "../../support/github_server.ts";

const NEVER = new AbortController().signal;
const APP = "app_linux_amd64.tar.gz";
const MINUTE = 60_000;

interface OpenOptions {
  readonly query?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly now?: () => number;
}

function open(
  server: GithubServer,
  { query = "", env = {}, now }: OpenOptions = {},
): Promise<Registry> {
  return openRegistry(`ghr://o/app${query}`, {
    slot: "",
    platform: { os: "linux", arch: "amd64" },
    env: { ...server.env, ...env },
    ...(now === undefined ? {} : { now }),
  });
}

async function release(registry: Registry): Promise<Release> {
  const latest = await registry.latest(NEVER);
  ok(latest.kind === "release", JSON.stringify(latest));
  return latest.release;
}

function report(release: Release) {
  return {
    release,
    command: "server",
    host: "web1",
    at: Date.UTC(2024, 0, 15, 10, 30, 45, 123),
  } as const;
}

async function failure(task: Promise<unknown>): Promise<SourceError> {
  try {
    await task;
  } catch (error) {
    ok(error instanceof SourceError, String(error));
    return error;
  }
  throw new Error("It did not fail");
}

Deno.test("openRegistry() refuses a ghr URL that names no repository, and one without credentials", async () => {
  const options = {
    slot: "",
    platform: { os: "linux", arch: "amd64" },
    env: { GH_TOKEN: "ghp_x" },
  };
  for (const url of ["ghr://o", "ghr://o/r/x", "ghr://o/r?report=perhaps"]) {
    await rejects(openRegistry(url, options), ConfigError);
  }
  await rejects(openRegistry("ghr://o/r", { ...options, env: {} }), {
    name: "ConfigError",
    message: "Cannot use GitHub without credentials",
  });
  await openRegistry("ghr://o/r/?report=off", options);
});

Deno.test("latest() tells what GitHub knows of the artifact", async () => {
  await using server = new GithubServer();
  const publishedAt = new Date("2024-01-15T10:00:00Z");
  const createdAt = new Date("2023-06-01T10:00:00Z");
  const repo = server.repo("o/app");
  repo.publish("v1.0.0+blue", { [APP]: "bytes" }, { publishedAt, createdAt });
  const [asset] = repo.release("v1.0.0+blue").assets;
  const found = await release(await open(server));
  deepEqual(found, {
    id: String(repo.release("v1.0.0+blue").id),
    tag: "v1.0.0+blue",
    slot: "blue",
    artifactUrl: `ghr://o/app/tag/v1.0.0+blue/${APP}`,
    artifactName: APP,
    fingerprint: `${asset?.id}@${asset?.updatedAt}`,
    size: 5,
    sha256: asset?.digest?.replace("sha256:", ""),
    checksumUrls: [],
    publishedAt: publishedAt.getTime(),
  });
});

Deno.test("latest() passes over drafts and what is not uploaded", async () => {
  await using server = new GithubServer();
  const repo = server.repo("o/app");
  repo.publish("v1.0.0", { [APP]: "a" });
  repo.publish("v2.0.0", { [APP]: "b" }, { asset: { state: "open" } });
  repo.publish("v3.0.0", { [APP]: "c" }, { draft: true });
  for (const query of ["", `?artifact=${APP}`]) {
    const latest = await (await open(server, { query })).latest(NEVER);
    ok(latest.kind === "release");
    equal(latest.release.tag, "v1.0.0");
    deepEqual(latest.incomplete.map(({ tag }) => tag), ["v2.0.0"]);
  }
});

Deno.test("latest() waits for the checksum where GitHub has no digest", async () => {
  await using server = new GithubServer();
  const repo = server.repo("o/app");
  repo.publish("v1.0.0", { [APP]: "a" }, { asset: { digest: null } });
  const v1 = repo.release("v1.0.0");
  const checksum = { content: "sum", state: "open", digest: null } as const;
  repo.addAsset(v1, `${APP}.sha256`, checksum);
  const registry = await open(server);
  const latest = await registry.latest(NEVER);
  ok(latest.kind === "incomplete");
  equal(latest.incomplete[0]?.reason, `checksum is empty: ${APP}.sha256`);
  repo.removeAsset("v1.0.0", `${APP}.sha256`);
  repo.addAsset(v1, `${APP}.sha256`, { content: "sum" });
  const found = await release(registry);
  equal(found.sha256, undefined);
  deepEqual(found.checksumUrls, [`ghr://o/app/tag/v1.0.0/${APP}.sha256`]);
  equal(found.fingerprint?.split(" ").length, 2);
});

Deno.test("latest() takes the artifact's name from the URL, then from GITHUB_ARTIFACT", async () => {
  await using server = new GithubServer();
  server.repo("o/app").publish("v1.0.0", { "a.zip": "a", "b.zip": "b" });
  const env = { GITHUB_ARTIFACT: "b.zip" };
  const name = async (options: OpenOptions) =>
    (await release(await open(server, options))).artifactName;
  equal(await name({ env }), "b.zip");
  equal(await name({ env, query: "?artifact=a.zip" }), "a.zip");
});

Deno.test("latest() reads a tag with a slash in its CalVer format", async () => {
  await using server = new GithubServer();
  server.repo("o/app").publish("release/2024.01", { [APP]: "a" });
  const registry = await open(server, { query: "?calver=release/YYYY.0M" });
  const found = await release(registry);
  equal(found.artifactUrl, `ghr://o/app/tag/release%2F2024.01/${APP}`);
  await registry.report(report(found), NEVER);
  equal(server.repo("o/app").release("release/2024.01").assets.length, 2);
});

Deno.test("latest() of an unchanged repository is one request that costs no quota", async () => {
  await using server = new GithubServer();
  const repo = server.repo("o/app");
  for (let index = 0; index < 250; index++) {
    const createdAt = new Date(Date.UTC(2024, 0, 1) + index * MINUTE);
    repo.publish(`v1.0.${index}`, { [APP]: "a" }, { createdAt });
  }
  let now = Date.now();
  const registry = await open(server, { now: () => now });
  equal((await release(registry)).tag, "v1.0.249");
  equal(server.requests.length, 3);
  const quota = server.quotaUsed;
  for (let poll = 0; poll < 5; poll++) {
    now += 10_000;
    equal((await release(registry)).tag, "v1.0.249");
  }
  deepEqual(
    server.requests.slice(3).map(({ path, status }) => [path, status]),
    Array(5).fill(["/repos/o/app/releases?page=1&per_page=100", 304]),
  );
  equal(server.quotaUsed, quota);
  repo.publish("v1.1.0", { [APP]: "b" });
  equal((await release(registry)).tag, "v1.1.0");
});

Deno.test("latest() looks at the page that holds its answer, and at all of them now and then", async () => {
  await using server = new GithubServer();
  const repo = server.repo("o/app");
  const at = (minutes: number) => ({
    createdAt: new Date(Date.UTC(2024, 0, 1) + minutes * MINUTE),
  });
  repo.publish("v2.0.0", { [APP]: "a" }, at(0));
  for (let index = 0; index < 150; index++) {
    repo.publish(`v1.0.${index}`, { [APP]: "a" }, at(1000 + index));
  }
  let now = Date.now();
  const registry = await open(server, { now: () => now });
  const first = await release(registry);
  equal(first.tag, "v2.0.0", "it stands on the last page");
  repo.removeAsset("v2.0.0", APP);
  repo.publish("v2.0.0", { [APP]: "other" });
  const second = await release(registry);
  ok(second.fingerprint !== first.fingerprint, "the file was replaced");
  repo.publish("v3.0.0", { [APP]: "late tag on an old commit" }, at(-1));
  now += 6 * MINUTE;
  equal((await release(registry)).tag, "v3.0.0");
  repo.withdraw("v3.0.0");
  repo.withdraw("v2.0.0");
  now += 6 * MINUTE;
  equal((await release(registry)).tag, "v1.0.149");
});

Deno.test("latest() reads on after a read that broke off", async () => {
  await using server = new GithubServer();
  const repo = server.repo("o/app");
  const at = (minutes: number) => ({
    createdAt: new Date(Date.UTC(2024, 0, 1) + minutes * MINUTE),
  });
  repo.publish("v2.0.0", { [APP]: "a" }, at(0));
  for (let index = 0; index < 99; index++) {
    repo.publish(`v1.0.${index}`, { [APP]: "a" }, at(1000 + index));
  }
  const registry = await open(server);
  equal((await release(registry)).tag, "v2.0.0");
  repo.publish("v1.1.0", { [APP]: "pushes v2.0.0 to page 2" });
  server.intercept = ({ url }) =>
    url.includes("page=2") ? problem(404, "gone") : undefined;
  await failure(registry.latest(NEVER));
  server.intercept = undefined;
  equal((await release(registry)).tag, "v2.0.0");
});

Deno.test("report() adds the record in the original's form to the release", async () => {
  await using server = new GithubServer();
  const repo = server.repo("o/app");
  repo.publish("v1.0.0", { [APP]: "a" });
  const registry = await open(server);
  await registry.report(report(await release(registry)), NEVER);
  const record = repo.release("v1.0.0").assets.at(-1);
  equal(
    record?.name,
    "shipped_to_web1_server_at_20240115T103045.123000000Z.txt",
  );
  equal(record?.contentType, "text/plain");
  equal(
    await new Response(record?.content()).text(),
    "shipped to web1 server at 20240115T103045.123000000Z",
  );
  const upload = server.requests.at(-1);
  ok(upload?.path.startsWith("/api/uploads/repos/o/app/"), upload?.path);
});

Deno.test("report() says when the token may only read, and keeps quiet with report=false", async () => {
  await using server = new GithubServer();
  server.repo("o/app").publish("v1.0.0", { [APP]: "a" });
  const env = { GH_TOKEN: "ghp_reader" };
  const reader = await open(server, { env });
  const found = await release(reader);
  const error = await failure(reader.report(report(found), NEVER));
  deepEqual([error.code, error.retryAfterMs], ["denied", 0]);
  ok(error.hint?.includes("report=false"), error.hint);
  const asked = server.requests.length;
  const silent = await open(server, { env, query: "?report=false" });
  await silent.report(report(found), NEVER);
  equal(server.requests.length, asked);
});

Deno.test("report() sends nothing to an upload address on another host", async () => {
  await using server = new GithubServer();
  await using other = new GithubServer();
  server.repo("o/app").publish("v1.0.0", { [APP]: "a" });
  const registry = await open(server);
  const found = await release(registry);
  server.intercept = async ({ url, headers }) => {
    server.intercept = undefined;
    const answer = await fetch(url, { headers });
    const text = await answer.text();
    return new Response(
      text.replaceAll(`${server.origin}/api/uploads`, other.origin),
      { headers: { "content-type": "application/json" } },
    );
  };
  const error = await failure(registry.report(report(found), NEVER));
  equal(error.code, "denied");
  deepEqual(other.requests, []);
});
