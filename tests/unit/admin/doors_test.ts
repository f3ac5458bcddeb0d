import assert from "node:assert/strict";
import {
  ADMIN_SOCKET,
  listenAside,
  listenOnPort,
  listenOnSocket,
} from "../../../src/admin/doors.ts";
import { SourceError } from "../../../src/base/errors.ts";
import { freePort } from "../../support/free_port.ts";
import { TempDir } from "../../support/temp_dir.ts";

async function workdir(): Promise<TempDir> {
  const dir = await TempDir.create();
  await Deno.mkdir(dir.join(".dewy"));
  return dir;
}

Deno.test("the port is the first, or one of the nine after it", () => {
  const first = freePort();
  using stack = new DisposableStack();
  const ports: number[] = [];
  const takeAll = () => {
    for (;;) {
      const { addr } = stack.use(listenOnPort(first));
      assert.equal(addr.hostname, "127.0.0.1");
      ports.push(addr.port);
    }
  };
  assert.throws(
    takeAll,
    (error) =>
      error instanceof SourceError && /--admin-port/.test(error.hint ?? ""),
  );
  assert.equal(ports[0], first);
  assert.deepEqual(ports, ports.toSorted((a, b) => a - b));
  assert.ok(ports.every((port) => port < first + 10));
});

Deno.test("aside are the ten ports behind those, as long as one is free", () => {
  const first = freePort();
  using stack = new DisposableStack();
  const ports: number[] = [];
  for (;;) {
    const listener = listenAside(first);
    if (listener === undefined) break;
    ports.push(stack.use(listener).addr.port);
  }
  assert.ok(ports.length > 0);
  assert.ok(ports.every((port) => port >= first + 10 && port < first + 20));
});

Deno.test("nobody but its owner can open the socket", async () => {
  await using dir = await workdir();
  const opened = await listenOnSocket(dir.path, ADMIN_SOCKET);
  assert.ok("listener" in opened);
  const { mode, isSocket } = await Deno.lstat(dir.join(ADMIN_SOCKET));
  assert.ok(isSocket);
  assert.equal((mode ?? 0) & 0o777, 0o600);
  opened.listener.close();
  const left = await Array.fromAsync(Deno.readDir(dir.join(".dewy")));
  assert.deepEqual(left.map(({ name }) => name), ["admin.sock"]);
});

Deno.test("the socket of a killed dewy is replaced, a live one is not", async () => {
  await using dir = await workdir();
  const first = await listenOnSocket(dir.path, ADMIN_SOCKET);
  assert.ok("listener" in first);
  const second = await listenOnSocket(dir.path, ADMIN_SOCKET);
  assert.ok("problem" in second);
  assert.match(second.problem.message, /another program listens on it/);
  // It leaves the file, as a killed process does.
  first.listener.close();
  const third = await listenOnSocket(dir.path, ADMIN_SOCKET);
  assert.ok("listener" in third);
  using client = await Deno.connect({
    transport: "unix",
    path: dir.join(ADMIN_SOCKET),
  });
  assert.ok(client);
  third.listener.close();
});

Deno.test("a file in the way is left as it is, and a missing folder is told", async () => {
  await using dir = await workdir();
  await Deno.writeTextFile(dir.join("mine"), "text");
  const inTheWay = await listenOnSocket(dir.path, "mine");
  assert.ok("problem" in inTheWay);
  assert.match(inTheWay.problem.message, /no socket is in the way/);
  assert.equal(await Deno.readTextFile(dir.join("mine")), "text");
  const nowhere = await listenOnSocket(dir.path, "no/such/admin.sock");
  assert.ok("problem" in nowhere);
});

Deno.test("a socket is in its place however deep that is", async () => {
  await using dir = await workdir();
  const deep = dir.join(...Array.from({ length: 8 }, () => "d".repeat(60)));
  await Deno.mkdir(`${deep}/.dewy`, { recursive: true });
  const first = await listenOnSocket(deep, ADMIN_SOCKET);
  assert.ok("listener" in first);
  const { mode, isSocket } = await Deno.lstat(`${deep}/${ADMIN_SOCKET}`);
  assert.ok(isSocket);
  assert.equal((mode ?? 0) & 0o777, 0o600);
  const second = await listenOnSocket(deep, ADMIN_SOCKET);
  assert.ok("problem" in second);
  assert.match(second.problem.message, /another program listens on it/);
  first.listener.close();
  const left = await Array.fromAsync(Deno.readDir(`${deep}/.dewy`));
  assert.deepEqual(left.map(({ name }) => name), ["admin.sock"]);
});

Deno.test("a name that is too long for a socket is a problem, and no failed start", async () => {
  await using dir = await workdir();
  const opened = await listenOnSocket(dir.path, "l".repeat(120));
  assert.ok("problem" in opened);
  assert.match(opened.problem.message, /too long/);
});
