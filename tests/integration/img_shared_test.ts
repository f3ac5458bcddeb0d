import { deepEqual, equal, ok } from "node:assert/strict";
import type { DeployEvent } from "../../src/base/event.ts";
import { Fetcher } from "../../src/fetcher/fetcher.ts";
import {
  isolateEnv,
  isolatePermissions,
} from "../../src/fetcher/isolate_permissions.ts";
import { eventually } from "../support/eventually.ts";
import { S3Server } from "../support/s3_server.ts";
import { TempDir } from "../support/temp_dir.ts";

const NEVER = new AbortController().signal;

/** A registry of images with one user, whose password and newest tag change. */
function serveImages() {
  const state = { password: "one", tag: "v1.0.0" };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url, headers }) => {
      const { password, tag } = state;
      if (headers.get("authorization") !== `Basic ${btoa(`u:${password}`)}`) {
        const wanted = { "www-authenticate": 'Basic realm="x"' };
        return new Response("{}", { status: 401, headers: wanted });
      }
      if (url.includes("tags/list")) {
        return Response.json({ name: "a/b", tags: [tag] });
      }
      const digest = `sha256:${"a".repeat(64)}`;
      return new Response(null, {
        headers: { "docker-content-digest": digest },
      });
    },
  );
  const url = `img://127.0.0.1:${server.addr.port}/a/b`;
  return { state, url, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("credentials are renewed when old answers of the shared cache hide a denial", async () => {
  await using dir = await TempDir.create();
  await using server = await S3Server.start();
  await using images = serveImages();
  const bucket = await server.createBucket();
  const place = {
    registryUrl: images.url,
    cacheUrl:
      `s3://${server.region}/${bucket}/p?endpoint=${server.endpoint}&registry-ttl=1s`,
    cwd: dir.path,
    env: { ...server.env(), HOME: dir.path },
  };
  const events: DeployEvent[] = [];
  let password = "one";
  let runs = 0;
  using fetcher = await Fetcher.open({
    settings: {
      ...place,
      env: isolateEnv(place),
      slot: "",
      calver: undefined,
      platform: { os: "linux", arch: "amd64" },
      maxArtifactBytes: 1e6,
      requireChecksum: false,
      node: "test:1",
    },
    permissions: isolatePermissions({ ...place, hosts: [] }),
    emit: (event) => events.push(event),
    findCredentials: () => {
      runs++;
      const source = "helper";
      return Promise.resolve({
        kind: "password",
        username: "u",
        password,
        source,
      });
    },
  });
  const look = async () => {
    const latest = await fetcher.latest(NEVER);
    ok(latest.kind === "release");
    return latest.release.tag;
  };
  const outages = () =>
    events.flatMap((event) =>
      event.type === "registry-outage" ? [`${event.phase} ${event.code}`] : []
    );
  equal(await look(), "v1.0.0");
  equal(runs, 1);
  Object.assign(images.state, { password: "two", tag: "v2.0.0" });
  // The helper gives the old password for a while.
  await eventually(async () => await look() === "v1.0.0" && runs > 2, {
    message: "the helper is asked again",
  });
  deepEqual(outages(), ["begun denied"]);
  password = "two";
  await eventually(async () => await look() === "v2.0.0", {
    message: "the new password is used",
  });
  deepEqual(outages().map((told) => told.split(" ")[0]), ["begun", "over"]);
});
