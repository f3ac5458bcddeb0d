import assert from "node:assert/strict";
import { NotifySocket } from "../../../src/process/notify_socket.ts";
import { within } from "../../support/delay.ts";
import { TempDir } from "../../support/temp_dir.ts";

Deno.test("NotifySocket hears READY=1 of another process among other messages", async () => {
  await using dir = await TempDir.create();
  await using socket = await NotifySocket.open(dir.path);
  const ready = socket.ready();
  await send(socket.path, "STATUS=Loading", "NOTREADY=1", "READY=0");
  assert.equal(await within(ready, 200), undefined);
  await send(socket.path, "STATUS=Up\nREADY=1\nMAINPID=1");
  assert.ok(await within(ready, 10_000));
});

Deno.test("NotifySocket says when it was closed before the message came", async () => {
  await using dir = await TempDir.create();
  await using stack = new AsyncDisposableStack();
  const socket = stack.use(await NotifySocket.open(dir.path));
  const ready = socket.ready();
  await stack.disposeAsync();
  assert.ok(!await ready);
});

Deno.test("NotifySocket lets no other user at it and leaves nothing behind", async () => {
  await using dir = await TempDir.create();
  {
    await using socket = await NotifySocket.open(dir.path);
    const folder = socket.path.slice(0, socket.path.lastIndexOf("/"));
    const { mode } = await Deno.stat(folder);
    assert.equal((mode ?? 0) & 0o777, 0o700);
  }
  assert.deepEqual(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

Deno.test("NotifySocket goes elsewhere when the path would be too long for a socket", async () => {
  await using dir = await TempDir.create();
  const deep = dir.join("d".repeat(100));
  await Deno.mkdir(deep);
  await using socket = await NotifySocket.open(deep);
  const ready = socket.ready();
  await send(socket.path, "READY=1");
  assert.ok(await within(ready, 10_000));
  assert.deepEqual(await Array.fromAsync(Deno.readDir(deep)), []);
});

Deno.test("NotifySocket.removeLeftovers() removes the sockets of a dewy that was killed, and nothing else", async () => {
  await using dir = await TempDir.create();
  await Deno.mkdir(dir.join("notify-abc"));
  await Deno.writeTextFile(dir.join("notify-abc", "notify"), "");
  await Deno.writeTextFile(dir.join("state.json"), "{}");
  await NotifySocket.removeLeftovers(dir.path);
  const names = (await Array.fromAsync(Deno.readDir(dir.path))).map((
    { name },
  ) => name);
  assert.deepEqual(names, ["state.json"]);
});

/** Sends datagrams as sd_notify(3) does, from a process of its own. */
async function send(path: string, ...messages: string[]): Promise<void> {
  const script = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for message in sys.argv[2:]:
    s.sendto(message.encode(), sys.argv[1])`;
  const { success, stderr } = await new Deno.Command("python3", {
    args: ["-c", script, path, ...messages],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}
