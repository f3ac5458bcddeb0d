import { TextLineStream } from "@std/streams";
import assert from "node:assert/strict";
import { ServiceManager } from "../../../src/process/service_manager.ts";
import { serviceStatus } from "../../../src/process/service_status.ts";
import { error } from "../../support/sample_events.ts";
import { TempDir } from "../../support/temp_dir.ts";

const PID = 4711;

Deno.test("ServiceManager sends datagrams of assignments to the socket it is given", async () => {
  await using dir = await TempDir.create();
  using socket = listen(dir.join("notify"));
  using manager = open({ NOTIFY_SOCKET: dir.join("notify") });
  assert.ok(manager.tell("READY=1", "STATUS=Waiting"));
  assert.equal(await socket.next(), "READY=1\nSTATUS=Waiting");
});

Deno.test("ServiceManager reports what is new, and nothing twice", async () => {
  await using dir = await TempDir.create();
  using socket = listen(dir.join("notify"));
  using manager = open({ NOTIFY_SOCKET: dir.join("notify") });
  for (const status of ["a", "a", "b"]) manager.report([`STATUS=${status}`]);
  manager.report([]);
  manager.tell("STOPPING=1");
  assert.equal(await socket.next(), "STATUS=a");
  assert.equal(await socket.next(), "STATUS=b");
  assert.equal(await socket.next(), "STOPPING=1");
});

Deno.test("ServiceManager reaches an abstract socket", async () => {
  const name = `dewy-test-${crypto.randomUUID()}`;
  await using receiver = await AbstractReceiver.start(name);
  using manager = open({ NOTIFY_SOCKET: `@${name}` });
  assert.ok(manager.tell("READY=1"));
  assert.equal(await receiver.received(), "READY=1");
});

Deno.test("ServiceManager is not there when nobody asks for messages", () => {
  assert.equal(ServiceManager.open({ env: {}, pid: PID }), undefined);
});

for (const address of ["relative", "/nowhere/notify", "vsock:2:1", "/"]) {
  Deno.test(`ServiceManager says that it cannot reach "${address}"`, () => {
    const env = { NOTIFY_SOCKET: address };
    assert.throws(() => ServiceManager.open({ env, pid: PID }), {
      name: "SourceError",
      message: `Cannot reach the service manager at NOTIFY_SOCKET "${address}"`,
    });
  });
}

Deno.test("ServiceManager sends the watchdog's message twice in a period", async () => {
  await using dir = await TempDir.create();
  using socket = listen(dir.join("notify"));
  const startedAt = performance.now();
  using _manager = open({
    NOTIFY_SOCKET: dir.join("notify"),
    WATCHDOG_USEC: "400000",
    WATCHDOG_PID: String(PID),
  });
  assert.equal(await socket.next(), "WATCHDOG=1");
  assert.equal(await socket.next(), "WATCHDOG=1");
  assert.ok(performance.now() - startedAt >= 390);
});

Deno.test("ServiceManager leaves a watchdog alone that is meant for another process", async () => {
  await using dir = await TempDir.create();
  using socket = listen(dir.join("notify"));
  using manager = open({
    NOTIFY_SOCKET: dir.join("notify"),
    WATCHDOG_USEC: "2000",
    WATCHDOG_PID: "1",
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, 50);
  await promise;
  manager.tell("STOPPING=1");
  assert.equal(await socket.next(), "STOPPING=1");
});

Deno.test("ServiceManager is not held up by a manager that does not read", async () => {
  await using dir = await TempDir.create();
  using _socket = listen(dir.join("notify"));
  using manager = open({ NOTIFY_SOCKET: dir.join("notify") });
  const line = `STATUS=${"x".repeat(4000)}`;
  const sent = Array.from({ length: 2000 }, () => manager.tell(line));
  assert.ok(sent[0]);
  assert.ok(!sent.at(-1), "the queue of the socket is full by then");
});

Deno.test("serviceStatus() keeps what others wrote on one short line", () => {
  const failure = new Error(`bad\nREADY=1\x1b[2J${"x".repeat(500)}`);
  const [line = ""] = serviceStatus({
    type: "tick-failed",
    error: failure,
    failures: 2,
  });
  assert.match(line, /^STATUS=Failing \(2\): bad READY=1 \[2Jx+…$/);
  assert.ok(line.length < 220);
});

Deno.test("serviceStatus() says when dewy stands, deploys, fails and stops", () => {
  assert.deepEqual(serviceStatus({ type: "standing" }), [
    "READY=1",
    "STATUS=Waiting for releases",
  ]);
  assert.deepEqual(
    serviceStatus({
      type: "deploy-failed",
      failure: { tag: "v2", error, restoredTo: "v1", attempts: 1, retryAt: 0 },
    }),
    [`STATUS=v2 failed; v1 is kept: ${error.message}`],
  );
  assert.deepEqual(serviceStatus({ type: "stopping", signal: "terminated" }), [
    "STOPPING=1",
    "STATUS=Stopping: terminated",
  ]);
  assert.deepEqual(serviceStatus({ type: "stopped" }), []);
});

function open(env: Readonly<Record<string, string>>): ServiceManager {
  const manager = ServiceManager.open({ env, pid: PID });
  assert.ok(manager !== undefined);
  return manager;
}

function listen(path: string) {
  const connection = Deno.listenDatagram({ transport: "unixpacket", path });
  return {
    next: async () => new TextDecoder().decode((await connection.receive())[0]),
    [Symbol.dispose]: () => connection.close(),
  };
}

/** Deno cannot bind an abstract name; Python can. */
class AbstractReceiver implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  private constructor(
    child: Deno.ChildProcess,
    lines: ReadableStreamDefaultReader<string>,
  ) {
    this.#child = child;
    this.#lines = lines;
  }

  static async start(name: string): Promise<AbstractReceiver> {
    const program = [
      "import socket",
      "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
      `s.bind("\\0${name}")`,
      'print("bound", flush=True)',
      "print(s.recv(4096).decode(), flush=True)",
    ].join("\n");
    const child = new Deno.Command("python3", {
      args: ["-c", program],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = child.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())
      .getReader();
    const receiver = new AbstractReceiver(child, lines);
    assert.equal(await receiver.received(), "bound");
    return receiver;
  }

  async received(): Promise<string> {
    const { value, done } = await this.#lines.read();
    assert.ok(!done, "The receiver ended");
    return value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lines.cancel();
    await this.#child.status;
  }
}
