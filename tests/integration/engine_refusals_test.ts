import { equal, match, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../src/base/errors.ts";
import { EngineConflict } from "../../src/client/engine.ts";
import { ENGINE_KINDS } from "../support/engine.ts";
import {
  engineTests,
  inspect,
  run,
  type Spec,
  V1,
} from "../support/engine_tests.ts";

const SECRET = "hunter2-hunter2";
const signal = new AbortController().signal;

for (const kind of ENGINE_KINDS) {
  const test = engineTests(kind);

  test("refuses a name that is taken, and renames", async (client) => {
    const id = await run(client, "taken");
    await rejects(
      client.createContainer("taken", { Image: V1 }, signal),
      (error) => {
        ok(error instanceof EngineConflict, `${error}`);
        match(error.message, /^Cannot create container "taken"/);
        match(error.hint ?? "", /rename/);
        return true;
      },
    );
    await client.renameContainer(id, "free", signal);
    equal((await inspect(client, id)).name, "free");
    const again = await client.createContainer("taken", { Image: V1 }, signal);
    await client.removeContainer(again.id, {}, signal);
    await client.removeContainer(id, { force: true }, signal);
  });

  test("does not remove what runs, unless it is forced", async (client) => {
    const id = await run(client, "running");
    await rejects(client.removeContainer(id, {}, signal), EngineConflict);
    equal((await inspect(client, id)).state, "running");
    await client.removeContainer(id, { force: true }, signal);
    equal(await client.inspectContainer(id, signal), undefined);
  });

  test("says what is not there", async (client) => {
    const absent = "0".repeat(64);
    equal(await client.inspectContainer(absent, signal), undefined);
    equal(
      await client.inspectImage("registry.test/none:v1", signal),
      undefined,
    );
    for (
      const call of [
        () => client.startContainer(absent, signal),
        () => client.stopContainer(absent, 1, signal),
        () => client.killContainer(absent, "SIGKILL", signal),
        () => client.waitContainer(absent, signal),
        () => client.renameContainer(absent, "x", signal),
        () => client.containerLogs(absent, 1, signal),
        () =>
          client.createContainer(
            "x",
            { Image: "registry.test/none:v1" },
            signal,
          ),
      ]
    ) {
      await rejects(call(), (error) => {
        ok(error instanceof SourceError, `${error}`);
        equal(error.code, "not-found", error.message);
        match(error.message, /^Cannot [a-z]+ .*: /);
        ok(error.hint);
        return true;
      });
    }
  });

  test("refuses a port that is taken", async (client) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const binding = { HostIp: "127.0.0.1", HostPort: String(port) };
    const spec: Spec = {
      Image: V1,
      HostConfig: { PortBindings: { "8080/tcp": [binding] } },
    };
    const { id } = await client.createContainer("port", spec, signal);
    await rejects(client.startContainer(id, signal), (error) => {
      ok(error instanceof SourceError, `${error}`);
      equal(error.code, "unavailable");
      match(error.hint ?? "", /has the port/);
      return true;
    });
    await client.removeContainer(id, { force: true }, signal);
  });

  test("refuses a command that is not in the image", async (client) => {
    const spec: Spec = { Image: V1, Entrypoint: ["/nothing"] };
    const { id } = await client.createContainer("nothing", spec, signal);
    await rejects(client.startContainer(id, signal), (error) => {
      ok(error instanceof SourceError, `${error}`);
      equal(error.code, "invalid", error.message);
      match(error.hint ?? "", /entry point/);
      return true;
    });
    await client.removeContainer(id, { force: true }, signal);
  });

  test("keeps the environment out of errors", async (client) => {
    const spec: Spec = { Image: V1, Env: [`=${SECRET}`] };
    const made = await client.createContainer("secret", spec, signal).then(
      ({ id }) => id,
      (error: Error) => error,
    );
    if (made instanceof Error) {
      ok(made instanceof SourceError, `${made}`);
      ok(!Deno.inspect(made).includes(SECRET), made.message);
    } else await client.removeContainer(made, {}, signal);
  });

  test("keeps options of the log out of errors", async (client) => {
    const options = { Type: "json-file", Config: { "max-size": SECRET } };
    const spec: Spec = { Image: V1, HostConfig: { LogConfig: options } };
    const error = await run(client, "secret-log", spec).then(
      () => undefined,
      (error: Error) => error,
    );
    // Docker repeats the value that it cannot read; Podman takes it for none.
    if (kind === "docker") match(error?.message ?? "", /'\*\*\*'/);
    ok(!Deno.inspect(error).includes(SECRET), error?.message);
    await client.removeContainer("secret-log", { force: true }, signal);
  });
}
