import assert from "node:assert/strict";
import { delay } from "../support/delay.ts";
import type { DewyProcess } from "../support/dewy_process.ts";
import { eventually } from "../support/eventually.ts";
import { GithubServer } from "../support/github_server.ts";
import { LoadClient } from "../support/load_client.ts";
import { artifactName } from "../support/registry_folder.ts";
import { ServerBench } from "../support/server_bench.ts";

const RETRY_AFTER_S = 3;

/** A bench and a GitHub that it reads from. */
class GithubBench implements AsyncDisposable {
  readonly server = new GithubServer();

  private constructor(readonly bench: ServerBench) {}

  static async create(): Promise<GithubBench> {
    return new GithubBench(await ServerBench.create());
  }

  async publish(tag: string): Promise<void> {
    const { registry } = this.bench;
    await this.bench.publish(tag);
    const path = `${registry.path}/${tag}/${artifactName()}`;
    const bytes = await Deno.readFile(path);
    this.server.repo("o/app").publish(tag, { [artifactName()]: bytes });
  }

  start(env: Readonly<Record<string, string>> = this.server.env): DewyProcess {
    const storage = new URL(this.server.storage.url).host;
    return this.bench.start({
      registry: "ghr://o/app",
      env,
      args: ["--fetch-host", storage],
    });
  }

  /** Names of the audit records of a version. */
  records(tag: string): string[] {
    return this.server.repo("o/app").release(tag).assets
      .map(({ name }) => name)
      .filter((name) => name.startsWith("shipped_to_"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

Deno.test("an upgrade from GitHub under load fails no request", async () => {
  await using github = await GithubBench.create();
  const { bench, server } = github;
  await github.publish("v1.0.0");
  await using dewy = github.start();
  await dewy.waitForLog("Deployment completed successfully", { tag: "v1.0.0" });
  await bench.serves("v1.0.0");
  await using load = LoadClient.start({ target: { port: bench.port } });
  await moreRequests(load);
  await github.publish("v2.0.0");
  await dewy.waitForLog("Deployment completed successfully", { tag: "v2.0.0" });
  await dewy.waitForLog("Worker ended", { generation: 1 });
  await moreRequests(load);
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.deepEqual([...load.versions.keys()], ["v1.0.0", "v2.0.0"]);
  for (const tag of ["v1.0.0", "v2.0.0"]) {
    const [record] = await eventually(() => {
      const records = github.records(tag);
      return records.length === 1 && records;
    }, { message: `${tag} has its record` });
    assert.match(record ?? "", /_server_at_\d{8}T\d{6}\.\d{9}Z\.txt$/);
  }
  assert.deepEqual(server.storage.leaked, []);
  assert.ok(!dewy.transcript().includes("ghp_writer"), "the token is told");
});

Deno.test("a storage host that nobody allowed is not reached, and named", async () => {
  await using github = await GithubBench.create();
  const { bench, server } = github;
  await github.publish("v1.0.0");
  await using dewy = bench.start({ registry: "ghr://o/app", env: server.env });
  const failed = await dewy.waitForLog("Deploy failed");
  const { host } = new URL(server.storage.url);
  assert.match(
    String(failed["error"]),
    new RegExp(`: dewy is not allowed to reach "${host}"`),
  );
  assert.ok(String(failed["hint"]).endsWith(`--fetch-host ${host}`));
  assert.deepEqual(server.storage.paths, []);
});

Deno.test("a rate limit is waited for", async () => {
  await using github = await GithubBench.create();
  const { bench, server } = github;
  await github.publish("v1.0.0");
  await using dewy = github.start();
  await bench.serves("v1.0.0");
  await eventually(() => github.records("v1.0.0").length === 1, {
    message: "v1.0.0 has its record",
  });
  const limited = Promise.withResolvers<void>();
  server.intercept = () => {
    server.intercept = undefined;
    limited.resolve();
    return new Response("{}", {
      status: 429,
      headers: { "retry-after": String(RETRY_AFTER_S) },
    });
  };
  await limited.promise;
  await delay(100);
  const asked = server.requests.length;
  await github.publish("v2.0.0");
  await delay((RETRY_AFTER_S - 1) * 1000);
  assert.equal(server.requests.length, asked, "it was asked too early");
  const told = await dewy.waitForLog("Current failure");
  const retryInMs = Number(told["retry_in"]) / 1e6;
  assert.ok(retryInMs > (RETRY_AFTER_S - 1) * 1000, `${retryInMs}`);
  await bench.serves("v2.0.0");
  assert.equal(dewy.logs("Current failure").length, 1);
});

Deno.test("a GitHub App deploys, and a token that may only read is told once", async () => {
  await using github = await GithubBench.create();
  const { bench, server } = github;
  const { app } = server;
  await github.publish("v1.0.0");
  await Deno.writeTextFile(bench.path("key.pem"), app.privateKey.pkcs1);
  {
    await using dewy = github.start({
      GITHUB_API_URL: server.apiUrl,
      GITHUB_APP_ID: app.appId,
      GITHUB_APP_INSTALLATION_ID: app.installationId,
      GITHUB_APP_PRIVATE_KEY_PATH: bench.path("key.pem"),
    });
    await bench.serves("v1.0.0");
    await eventually(() => github.records("v1.0.0").length === 1, {
      message: "v1.0.0 has its record",
    });
    assert.ok(!dewy.transcript().includes("ghs_"), "the token is told");
  }
  await using dewy = github.start({ ...server.env, GH_TOKEN: "ghp_reader" });
  for (const tag of ["v2.0.0", "v3.0.0"]) {
    await github.publish(tag);
    await bench.serves(tag);
    await dewy.waitForLog("Report shipping failure", { tag });
  }
  const levels = dewy.logs("Report shipping failure").map(({ level }) => level);
  assert.deepEqual(levels, ["WARN", "DEBUG"]);
});

/** Waits for 200 requests more. */
async function moreRequests(load: LoadClient): Promise<void> {
  const wanted = load.requests + 200;
  await eventually(() => load.requests >= wanted, {
    message: `${wanted} requests are answered (${load.failures.join(", ")})`,
  });
}
