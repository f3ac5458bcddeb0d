import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { FetchService } from "../../../src/fetcher/fetch_service.ts";
import { GithubServer } from "../../support/github_server.ts";
import { TempDir } from "../../support/temp_dir.ts";

const NEVER = new AbortController().signal;
const NAME = "app_linux_amd64.tar.gz";

function openService(server: GithubServer, cwd: string): Promise<FetchService> {
  return FetchService.open({
    registryUrl: "ghr://o/app",
    cacheUrl: undefined,
    slot: "",
    calver: undefined,
    platform: { os: "linux", arch: "amd64" },
    maxArtifactBytes: 1e6,
    requireChecksum: false,
    node: "test:1",
    cwd,
    env: server.env,
  }, () => {});
}

Deno.test("FetchService does not poll while GitHub wants a download to wait", async () => {
  await using server = new GithubServer();
  await using dir = await TempDir.create();
  server.repo("o/app").publish("v1.0.0", { [NAME]: "bytes" });
  const service = await openService(server, dir.path);
  const latest = await service.latest(NEVER);
  ok(latest.kind === "release");
  for (const status of [403, 429]) {
    const other = await openService(server, dir.path);
    server.intercept = () =>
      new Response("{}", { status, headers: { "retry-after": "60" } });
    const options = {
      trustedSha256: undefined,
      requireChecksum: false,
      maxBytes: 1e6,
    };
    await rejects(other.obtain(latest.release, options, NEVER), SourceError);
    server.intercept = undefined;
    const asked = server.requests.length;
    await rejects(other.latest(NEVER), (error) => {
      ok(error instanceof SourceError);
      ok(error.retryAfterMs > 50_000, `${error.retryAfterMs}`);
      return true;
    });
    equal(server.requests.length, asked, "it was asked");
  }
  deepEqual((await service.latest(NEVER)).kind, "release");
});
