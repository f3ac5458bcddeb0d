import assert from "node:assert/strict";
import { readEnvdir, workerEnv } from "../../../src/process/worker_env.ts";
import { TempDir } from "../../support/temp_dir.ts";

const NOTHING = {
  base: {},
  envdir: {},
  sockets: [],
  generation: 1,
  notifySocket: undefined,
};

Deno.test("workerEnv() names the inherited sockets in both ways", () => {
  const sockets = ["8000", "127.0.0.1:8001", "/run/app.sock"]
    .map((spec) => ({ spec }));
  assert.deepEqual(workerEnv({ ...NOTHING, sockets, generation: 4 }), {
    SERVER_STARTER_PORT: "8000=3;127.0.0.1:8001=4;/run/app.sock=5",
    SERVER_STARTER_GENERATION: "4",
    LISTEN_FDS: "3",
    LISTEN_FDNAMES: "8000:127.0.0.1_8001:/run/app.sock",
  });
});

Deno.test("workerEnv() tells a job worker of no sockets", () => {
  assert.deepEqual(workerEnv(NOTHING), {
    SERVER_STARTER_PORT: "",
    SERVER_STARTER_GENERATION: "1",
  });
});

Deno.test("workerEnv() keeps from a worker what was meant for dewy", () => {
  const base = {
    HOME: "/root",
    LISTEN_FDS: "1",
    LISTEN_PID: "99",
    LISTEN_FDNAMES: "x",
    NOTIFY_SOCKET: "/run/systemd/notify",
    WATCHDOG_PID: "99",
    WATCHDOG_USEC: "1",
  };
  assert.deepEqual(workerEnv({ ...NOTHING, base }), {
    HOME: "/root",
    SERVER_STARTER_PORT: "",
    SERVER_STARTER_GENERATION: "1",
  });
  assert.equal(
    workerEnv({ ...NOTHING, base, notifySocket: "/tmp/n" })["NOTIFY_SOCKET"],
    "/tmp/n",
  );
});

Deno.test("workerEnv() prefers ENVDIR, but not for what dewy itself says", () => {
  const env = workerEnv({
    ...NOTHING,
    base: { MODE: "old" },
    envdir: { MODE: "new", SERVER_STARTER_GENERATION: "77" },
  });
  assert.equal(env["MODE"], "new");
  assert.equal(env["SERVER_STARTER_GENERATION"], "1");
});

Deno.test("readEnvdir() takes the first line of each file, trimmed", async () => {
  await using dir = await TempDir.create();
  await Deno.writeTextFile(dir.join("ONE"), "1 \nsecond line\n");
  await Deno.writeTextFile(dir.join("EMPTY"), "");
  await Deno.mkdir(dir.join("folder"));
  assert.deepEqual(await readEnvdir(dir.path), { ONE: "1", EMPTY: "" });
});
