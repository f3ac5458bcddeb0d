import assert from "node:assert/strict";
import { createBody } from "../../../src/container/create_body.ts";
import { bodyOf, readRun } from "./read_run.ts";

Deno.test("createBody() publishes on the loopback address only, on free ports", async () => {
  const body = createBody(await readRun(["--expose", "9000"]), {
    image: "sha256:1",
    labels: {},
    command: ["serve", "--all"],
    ports: [8080, 9090],
    user: "1:1",
  });
  assert.deepEqual(body.HostConfig?.PortBindings, {
    "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }],
    "9090/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }],
  });
  assert.ok(body.HostConfig?.PublishAllPorts === false);
  assert.deepEqual(Object.keys(body.ExposedPorts ?? {}), [
    ...["9000/tcp", "8080/tcp", "9090/tcp"],
  ]);
  assert.deepEqual(body.Cmd, ["serve", "--all"]);
  assert.equal(body.Image, "sha256:1");
});

Deno.test("createBody() leaves the image's command when none is given", async () => {
  assert.ok(!("Cmd" in await bodyOf([])));
});

Deno.test("createBody() runs as dewy's user unless the options name one", async () => {
  assert.equal((await bodyOf([])).User, "1000:1000");
  assert.equal((await bodyOf(["--user=0:0"])).User, "0:0");
  assert.equal((await bodyOf(["-u", "app"])).User, "app");
  assert.equal((await bodyOf(["-u", ""])).User, "");
});

Deno.test("createBody() adds dewy's labels to the user's", async () => {
  const body = await bodyOf(["-l", "team=web", "--label", "empty"]);
  assert.deepEqual(body.Labels, {
    team: "web",
    empty: "",
    "dewy.managed": "true",
  });
});

Deno.test("createBody() changes no options", async () => {
  const options = await readRun(["-l", "a=b", "--expose", "1", "-m1g"]);
  const before = structuredClone(options);
  createBody(options, {
    image: "i",
    labels: { "dewy.app": "x" },
    command: ["c"],
    ports: [2],
    user: "3",
  });
  assert.deepEqual(options, before);
});
