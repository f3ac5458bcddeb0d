import assert from "node:assert/strict";
import {
  isolateEnv,
  isolatePermissions,
} from "../../../src/fetcher/isolate_permissions.ts";
import type { ProbeTargets } from "../../fixtures/probe_worker.ts";
import { TempDir } from "../../support/temp_dir.ts";

const REGISTRIES = [
  "file:///srv/releases",
  "ghr://owner/repo",
  "s3://eu-west-1/bucket/prefix",
  "gs://bucket/prefix",
  "grpc://registry.example.com:50051",
  "img://ghcr.io/acme/web",
];
const CACHES = [undefined, "s3://eu-west-1/cache", "gs://cache"];

const ENV = { HOME: "/root", PATH: "/usr/bin", SOME_PASSWORD: "hunter2" };

async function probe(
  permissions: Deno.PermissionOptionsObject,
  targets: ProbeTargets,
): Promise<Record<string, string>> {
  const module = new URL("../../fixtures/probe_worker.ts", import.meta.url);
  const worker = new Worker(module, { type: "module", deno: { permissions } });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage(targets);
    });
  } finally {
    worker.terminate();
  }
}

for (const registryUrl of REGISTRIES) {
  for (const cacheUrl of CACHES) {
    const name = `${registryUrl} with ${cacheUrl ?? "a local cache"}`;
    Deno.test(`the isolate for ${name} can do nothing but its work`, async () => {
      await using dir = await TempDir.create();
      const [cwd, outside] = [dir.join("work"), dir.join("outside")];
      const inside = `${cwd}/releases/.staging-incoming`;
      await Deno.mkdir(inside, { recursive: true });
      await Deno.mkdir(outside);
      await Deno.mkdir(`${cwd}/releases/20260101T000000Z/a/b`, {
        recursive: true,
      });
      await Deno.symlink("../..", `${cwd}/releases/20260101T000000Z/a/b/link`);
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const place = { registryUrl, cacheUrl, cwd, env: ENV, hosts: [] };
      const results = await probe(isolatePermissions(place), {
        port: listener.addr.port,
        outside,
        inside,
      });
      const { "write inside": allowed, ...forbidden } = results;
      assert.equal(allowed, "possible");
      const names = Object.keys(forbidden);
      assert.equal(names.length, 19);
      const possible = names.filter((name) => forbidden[name] !== "denied");
      // An import outside of the module graph is a TypeError that names the permission.
      assert.deepEqual(
        possible.map((name) => `${name}: ${forbidden[name]}`)
          .filter((line) => !/Requires (read|import) access/.test(line)),
        [],
      );
    });
  }
}

Deno.test("isolatePermissions() lets the isolate reach the hosts that the URLs imply", () => {
  const net = (registryUrl: string, env: Record<string, string> = {}) =>
    isolatePermissions({
      registryUrl,
      cacheUrl: undefined,
      cwd: "/work",
      env,
      hosts: [],
    }).net;
  assert.ok(!net("file:///srv/releases"));
  assert.deepEqual(
    net("ghr://o/r", { GITHUB_API_URL: "https://ghe.example.com/api/v3" }),
    [
      "ghe.example.com:443",
    ],
  );
  assert.ok(
    [net("s3://r/b?endpoint=http://127.0.0.1:9000")].flat().includes(
      "127.0.0.1:9000",
    ),
  );
  assert.ok([net("grpc://10.0.0.1:50051")].flat().includes("10.0.0.1:50051"));
});

Deno.test("isolatePermissions() lets the isolate reach a container registry, and who gives its tokens", () => {
  const hosts = (registryUrl: string) =>
    isolatePermissions({
      registryUrl,
      cacheUrl: undefined,
      cwd: "/work",
      env: {},
      hosts: [],
    });
  assert.deepEqual(hosts("img://acme/web?version=1.x").net, [
    "registry-1.docker.io:443",
    "auth.docker.io:443",
  ]);
  assert.deepEqual(hosts("img://ghcr.io/acme/web").net, ["ghcr.io:443"]);
  assert.deepEqual(hosts("img://127.0.0.1/a").net, ["127.0.0.1:80"]);
  assert.deepEqual(hosts("img://localhost:5000/a").net, ["localhost:5000"]);
  assert.deepEqual(hosts("img://reg.example/a?Insecure=true").net, [
    "reg.example:80",
  ]);
  assert.ok(!hosts("img://ghcr.io/Acme").net);
  const { read, env, run } = hosts("img://ghcr.io/a/b?ca=/etc/ca.pem");
  assert.ok([read].flat().includes("/etc/ca.pem"));
  // Files and variables with credentials are for the supervisor alone.
  assert.deepEqual([env, run], [false, false]);
});

Deno.test("isolatePermissions() lets the isolate reach a metadata service that is named", () => {
  const { net, env } = isolatePermissions({
    registryUrl: "s3://r/b",
    cacheUrl: undefined,
    cwd: "/work",
    env: {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://[fd00::1]:8080/",
      AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: "IPv6",
    },
    hosts: [],
  });
  assert.ok([net].flat().includes("[fd00::1]:8080"));
  assert.ok([net].flat().includes("[fd00:ec2::254]:80"));
  assert.ok([env].flat().includes("AWS_*"));
});

Deno.test("isolatePermissions() leaves a URL that cannot be read to its opener", () => {
  const pathsOf = (registryUrl: string) =>
    [
      isolatePermissions({
        registryUrl,
        cacheUrl: undefined,
        cwd: "/work",
        env: {},
        hosts: [],
      }).read,
    ].flat().filter((path) => !String(path).startsWith("/work"));
  assert.deepEqual(pathsOf("file:///srv/100%25"), ["/srv/100%"]);
  assert.deepEqual(pathsOf("file:///srv%2fapp"), ["/srv/app"]);
  for (const path of ["/srv/100%", "/srv/%zz/a", "/srv/%ff", "/srv/%00"]) {
    assert.deepEqual(pathsOf(`file://${path}`), []);
  }
});

Deno.test("isolatePermissions() widens by the hosts that were asked for, and no further", () => {
  const { net } = isolatePermissions({
    registryUrl: "file:///srv/releases",
    cacheUrl: undefined,
    cwd: "/work",
    env: {},
    hosts: ["files.example.com:443"],
  });
  assert.deepEqual(net, ["files.example.com:443"]);
});

Deno.test("isolateEnv() hands over what the drivers need, and no other secret", () => {
  const env = {
    ...ENV,
    GH_TOKEN: "ghp_x",
    AWS_SECRET_ACCESS_KEY: "key",
    DEWY_CACHEDIR: "/var/cache/app",
  };
  const names = (registryUrl: string) =>
    Object.keys(isolateEnv({ registryUrl, cacheUrl: undefined, env })).sort();
  assert.deepEqual(names("ghr://o/r"), ["DEWY_CACHEDIR", "GH_TOKEN"]);
  assert.deepEqual(names("s3://r/b"), [
    "AWS_SECRET_ACCESS_KEY",
    "DEWY_CACHEDIR",
    "HOME",
  ]);
  assert.deepEqual(names("file:///srv/x"), ["DEWY_CACHEDIR"]);
  assert.deepEqual(names("img://ghcr.io/acme/web"), ["DEWY_CACHEDIR"]);
});
