import { deepEqual, equal } from "node:assert/strict";
import {
  toContainer,
  toContainerDetails,
} from "../../../src/client/engine_containers.ts";
import { eventQuery, parseEvent } from "../../../src/client/engine_events.ts";
import {
  isOf,
  isPrecise,
  toImage,
  toImageDetails,
} from "../../../src/client/engine_images.ts";

Deno.test("toContainer() takes the name that is no link's", () => {
  const Names = ["/web/db", "/db"];
  equal(toContainer({ Id: "x", Names }).name, "db");
});

Deno.test("toContainer() leaves out ports that are not published", () => {
  const Ports = [
    { PrivatePort: 80, Type: "tcp" },
    { IP: "127.0.0.1", PrivatePort: 81, PublicPort: 49_000, Type: "tcp" },
  ];
  deepEqual(toContainer({ Id: "x", State: "running", Ports }).ports, [
    {
      containerPort: 81,
      protocol: "tcp",
      hostIp: "127.0.0.1",
      hostPort: 49_000,
    },
  ]);
  deepEqual(toContainer({ Id: "x", State: "exited", Ports }).ports, []);
});

for (
  const [theirs, ours] of [
    ["configured", "created"],
    ["initialized", "created"],
    ["stopping", "running"],
    ["stopped", "exited"],
    ["paused", "paused"],
    ["something new", "dead"],
  ] as const
) {
  Deno.test(`toContainer() reads the state ${theirs} as ${ours}`, () => {
    equal(toContainer({ Id: "x", State: theirs }).state, ours);
  });
}

Deno.test("toContainerDetails() does without what may be left out", () => {
  deepEqual(toContainerDetails({ Id: "x" }), {
    id: "x",
    name: "",
    image: "",
    imageId: "",
    labels: {},
    state: "dead",
    createdAt: 0,
    ports: [],
    pid: 0,
    exitCode: 0,
    isOomKilled: false,
    error: "",
    startedAt: "",
    finishedAt: "",
    restartCount: 0,
    isRestarted: false,
    health: "none",
    hasTty: false,
  });
});

Deno.test("toImageDetails() does without what Docker 29 leaves out", () => {
  const { labels, user, entrypoint, command, exposedPorts, platform } =
    toImageDetails({
      Id: "a",
      Os: "linux",
      Architecture: "arm64",
      Variant: "v8",
      Config: {},
    });
  deepEqual([labels, user, entrypoint, command, exposedPorts], [
    {},
    "",
    [],
    [],
    [],
  ]);
  equal(platform, "linux/arm64/v8");
});

Deno.test("toImageDetails() orders ports by number", () => {
  const ExposedPorts = { "9090/tcp": {}, "80/tcp": {}, "8080/tcp": {} };
  deepEqual(
    toImageDetails({ Id: "a", Config: { ExposedPorts } }).exposedPorts,
    ["80/tcp", "8080/tcp", "9090/tcp"],
  );
});

Deno.test("toImage() leaves out names that are none", () => {
  const image = toImage({
    Id: "sha256:a",
    RepoTags: ["<none>:<none>", "r/app:<none>", "r/app:v1"],
    RepoDigests: ["<none>@<none>", "r/app@sha256:b"],
  });
  deepEqual(image.tags, ["r/app:v1"]);
  deepEqual(image.digests, ["r/app@sha256:b"]);
});

for (
  const [name, repository, same] of [
    ["r.io:5000/a/b:v1", "r.io:5000/a/b", "yes"],
    ["r.io:5000/a/b:v1", "r.io/a/b", "no"],
    ["r.io/a/b:v1", "r.io/a/b2", "no"],
    ["nginx:1", "docker.io/library/nginx", "yes"],
    ["docker.io/library/nginx:1", "nginx", "yes"],
    ["o/nginx:1", "docker.io/o/nginx", "yes"],
    ["o/nginx:1", "nginx", "no"],
    ["localhost/nginx:1", "nginx", "no"],
  ] as const
) {
  Deno.test(`isOf() finds ${name} in ${repository}: ${same}`, () => {
    equal(
      isOf(toImage({ Id: "a", RepoTags: [name] }), repository),
      same === "yes",
    );
  });
}

Deno.test("isPrecise() wants a tag or a digest", () => {
  deepEqual(
    ["a", "r:5000/a", "a:v1", "r:5000/a:v1", "a@sha256:b"].map(isPrecise),
    [false, false, true, true, true],
  );
});

Deno.test("parseEvent() leaves out what was not asked for", () => {
  const event = (over: object) =>
    JSON.stringify({
      Type: "container",
      Action: "die",
      Actor: { ID: "x", Attributes: { name: "web", exitCode: "137" } },
      time: 5,
      ...over,
    });
  equal(parseEvent(event({}), "x")?.exitCode, 137);
  equal(parseEvent(event({}), "x")?.at, 5_000);
  equal(
    parseEvent(event({ Action: "exec_create: sh -c secret" }), "x"),
    undefined,
  );
  equal(parseEvent(event({ Action: "toString" }), "x"), undefined);
  equal(parseEvent(event({ Type: "network" }), "x"), undefined);
  equal(parseEvent(event({ Actor: undefined }), "x"), undefined);
});

Deno.test("parseEvent() reads the health from either place", () => {
  const docker = {
    Type: "container",
    Action: "health_status: unhealthy",
    Actor: { ID: "x" },
  };
  const podman = {
    Type: "container",
    Action: "health_status",
    Actor: { ID: "x", Attributes: { "health_status": "healthy" } },
  };
  equal(parseEvent(JSON.stringify(docker), "x")?.health, "unhealthy");
  equal(parseEvent(JSON.stringify(podman), "x")?.health, "healthy");
});

Deno.test("eventQuery() writes the time in seconds", () => {
  equal(
    eventQuery({ labels: {}, since: 1_795_461_783_007 })["since"],
    "1795461783.007",
  );
  equal(eventQuery({ labels: {} })["since"], undefined);
});
