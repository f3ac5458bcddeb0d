import { deepEqual, rejects } from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { findEngine } from "../../../src/client/engine_address.ts";
import { TempDir } from "../../support/temp_dir.ts";

const root = { env: {}, uid: 0 } as const;

Deno.test("findEngine() takes the sockets of root's engines", async () => {
  deepEqual(await findEngine({ ...root, kind: "docker" }), {
    kind: "docker",
    path: "/var/run/docker.sock",
    from: "default",
  });
  deepEqual(await findEngine({ ...root, kind: "podman" }), {
    kind: "podman",
    path: "/run/podman/podman.sock",
    from: "default",
  });
});

Deno.test("findEngine() follows the variable of its engine only", async () => {
  const env = {
    DOCKER_HOST: "unix:///run/d.sock",
    CONTAINER_HOST: "unix:///run/p.sock",
  };
  for (const uid of [0, 1000]) {
    deepEqual(await findEngine({ kind: "docker", env, uid }), {
      kind: "docker",
      path: "/run/d.sock",
      from: "DOCKER_HOST",
    });
    deepEqual(await findEngine({ kind: "podman", env, uid }), {
      kind: "podman",
      path: "/run/p.sock",
      from: "CONTAINER_HOST",
    });
  }
});

Deno.test("findEngine() prefers the user's own engine", async () => {
  await using dir = await TempDir.create();
  const env = { XDG_RUNTIME_DIR: dir.path };
  const docker = { kind: "docker", env, uid: 1000 } as const;
  const rootful = "/var/run/docker.sock";
  deepEqual((await findEngine(docker)).path, rootful);
  await Deno.writeTextFile(dir.join("docker.sock"), "");
  deepEqual((await findEngine(docker)).path, dir.join("docker.sock"));
  deepEqual((await findEngine({ ...docker, uid: 0 })).path, rootful);
  deepEqual(
    (await findEngine({ kind: "podman", env, uid: 1000 })).path,
    dir.join("podman/podman.sock"),
  );
  deepEqual(
    (await findEngine({ kind: "podman", env: {}, uid: 4711 })).path,
    "/run/user/4711/podman/podman.sock",
  );
});

for (
  const [host, says] of [
    ["tcp://user:secret@10.0.0.1:2376", /begins with tcp:\/\/$/],
    ["ssh://root@host", /begins with ssh:\/\/$/],
    ["unix://", /must be unix:\/\/\/PATH$/],
    ["unix://relative.sock", /must be unix:\/\/\/PATH$/],
    ["/var/run/docker.sock", /must be unix:\/\/\/PATH$/],
  ] as const
) {
  Deno.test(`findEngine() refuses ${host}`, async () => {
    const env = { DOCKER_HOST: host };
    await rejects(
      findEngine({ kind: "docker", env, uid: 0 }),
      (error) =>
        error instanceof ConfigError && says.test(error.message) &&
        !error.message.includes("secret") && error.hint !== undefined,
    );
  });
}
