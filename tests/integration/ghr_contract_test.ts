import assert from "node:assert/strict";
import { openArtifactStore } from "../../src/artifact/open_artifact_store.ts";
import type { Release } from "../../src/base/release.ts";
import { openRegistry } from "../../src/registry/open_registry.ts";
import type { DeployReport, Registry } from "../../src/registry/registry.ts";
import { GithubServer } from "../support/github_server.ts";
import { GithubContract } from "../support/github_server_contract.ts";

const NEVER = new AbortController().signal;
const APP = "app_linux_amd64.tar.gz";

/** Statuses that GitHub's description leaves out, though its manual has them. */
const UNDESCRIBED = [304, 401, 403];

/** What else is not as described, and right: uploads may have any media type. */
const TOLERATED = "Supported content types: application/octet-stream";

Deno.test("requests to GitHub, and the answers of its stand-in, are as GitHub describes them", async () => {
  await using server = new GithubServer();
  await using contract = await GithubContract.start(server);
  const repo = server.repo("o/app");
  for (let index = 0; index < 120; index++) {
    repo.publish(`v1.0.${index}`, { [APP]: "bytes", "SHA256SUMS": "x" });
  }
  repo.publish("v2.0.0", { [APP]: "" }, { draft: true });
  repo.publish("v3.0.0", { [APP]: "x" }, { asset: { state: "open" } });
  repo.publish("v1.1.0", { [APP]: "x" }, { asset: { digest: null } });
  const { app } = server;
  await exercise({
    GITHUB_API_URL: server.apiUrl,
    GITHUB_APP_ID: app.appId,
    GITHUB_APP_INSTALLATION_ID: app.installationId,
    GITHUB_APP_PRIVATE_KEY: app.privateKey.pkcs8,
  });
  const reader = { ...server.env, GH_TOKEN: "ghp_reader" };
  await assert.rejects(exercise(reader), { code: "denied" });
  await assert.rejects(
    exercise({ ...server.env, GH_TOKEN: "ghp_nobody" }),
    { code: "denied" },
  );
  assert.equal(app.issued, 2, "one for the registry, one for the artifacts");
  assert.ok(contract.checked >= 12, `${contract.checked} were checked`);
  const unexpected = contract.violations.filter(({ status, message }) =>
    message !== TOLERATED &&
    !(UNDESCRIBED.includes(status) && message.includes("status code"))
  );
  assert.deepEqual(unexpected, []);
});

Deno.test("an answer that is not as GitHub describes it is found", async () => {
  await using server = new GithubServer();
  await using contract = await GithubContract.start(server);
  server.intercept = () => Response.json([{ id: "1", "tag_name": "v1.0.0" }]);
  const registry = await open(server.env);
  await assert.rejects(registry.latest(NEVER), { code: "invalid" });
  const messages = contract.violations.map(({ message }) => message).join("\n");
  assert.match(messages, /required property 'upload_url'/);
  assert.match(messages, /id.* must be integer/);
});

function open(env: Readonly<Record<string, string>>): Promise<Registry> {
  return openRegistry("ghr://o/app", {
    slot: "",
    platform: { os: "linux", arch: "amd64" },
    env,
  });
}

/** Asks everything that a deploy asks: twice for the version, for the bytes, and for a record. */
async function exercise(env: Readonly<Record<string, string>>): Promise<void> {
  const registry = await open(env);
  await registry.latest(NEVER);
  const latest = await registry.latest(NEVER);
  assert.ok(latest.kind === "release");
  const { release } = latest;
  assert.equal(release.tag, "v1.1.0");
  const store = openArtifactStore({ env });
  const { stream } = await store.open(release.artifactUrl, NEVER);
  assert.equal(await new Response(stream).text(), "x");
  const gone = { ...release, tag: "v9.9.9" };
  await assert.rejects(registry.report(reportOf(gone), NEVER), {
    code: "not-found",
  });
  await registry.report(reportOf(release), NEVER);
}

function reportOf(release: Release): DeployReport {
  return { release, command: "server", host: "web1", at: Date.now() };
}
