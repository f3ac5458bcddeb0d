import { deepEqual, equal, ok } from "node:assert/strict";
import { Fetcher } from "../../src/fetcher/fetcher.ts";
import { isolatePermissions } from "../../src/fetcher/isolate_permissions.ts";
import { S3Server } from "../support/s3_server.ts";
import { TempDir } from "../support/temp_dir.ts";

const ROLE = "web";

/** The metadata service of a machine at AWS, at an address of its own. */
function serveMetadata(server: S3Server, asked: string[]) {
  const { accessKeyId, secretAccessKey } = server.keys;
  const credentials = {
    Code: "Success",
    Type: "AWS-HMAC",
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: "",
    LastUpdated: new Date().toISOString(),
    Expiration: new Date(Date.now() + 3_600_000).toISOString(),
  };
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ method, url }) => {
      const { pathname } = new URL(url);
      asked.push(`${method} ${pathname}`);
      if (method === "PUT") return new Response("token");
      return pathname.endsWith(ROLE)
        ? Response.json(credentials)
        : new Response(ROLE);
    },
  );
}

Deno.test("an isolate gets its credentials from the metadata service that is named", async () => {
  await using server = await S3Server.start();
  await using dir = await TempDir.create();
  const bucket = await server.createBucket();
  await server.put(bucket, [["v1.0.0/app_linux_amd64.tar.gz", "x"]]);
  const asked: string[] = [];
  await using metadata = serveMetadata(server, asked);
  const env = {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${metadata.addr.port}`,
    AWS_ENDPOINT_URL_S3: server.endpoint,
    HOME: dir.path,
  };
  using _variables = withVariables(env);
  const registryUrl = `s3://${server.region}/${bucket}`;
  const place = { registryUrl, cacheUrl: undefined, cwd: dir.path, env };
  using fetcher = await Fetcher.open({
    settings: {
      ...place,
      slot: "",
      calver: undefined,
      platform: { os: "linux", arch: "amd64" },
      maxArtifactBytes: 1e6,
      requireChecksum: false,
      node: "test:1",
    },
    permissions: isolatePermissions({ ...place, hosts: [] }),
    emit: () => undefined,
  });
  const latest = await fetcher.latest(AbortSignal.timeout(20_000));
  ok(latest.kind === "release");
  equal(latest.release.tag, "v1.0.0");
  deepEqual([...new Set(asked)].map((line) => line.split("/").at(-1)), [
    "token",
    "",
    ROLE,
  ]);
});

/**
 * The SDK finds these in the environment of its process; keys there would come
 * first. Tests that run side by side share it, so this one is not among them.
 */
function withVariables(env: Readonly<Record<string, string>>): Disposable {
  const keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"];
  const before = [...Object.keys(env), ...keys]
    .map((name) => [name, Deno.env.get(name)] as const);
  for (const name of keys) Deno.env.delete(name);
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  return {
    [Symbol.dispose]() {
      for (const [name, value] of before) {
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
    },
  };
}
