import assert from "node:assert/strict";
import { openLibc } from "../../../src/process/libc.ts";
import { SocketOpener } from "../../../src/process/listen_sockets.ts";
import { posixSpawn } from "../../../src/process/posix_spawn.ts";
import { TempDir } from "../../support/temp_dir.ts";

const libc = openLibc();
const env = { PATH: "/usr/bin:/bin" };

/** Runs python with `fds` and returns what the script wrote to the file named by its first argument. */
async function python(
  script: string,
  fds: readonly number[],
): Promise<string> {
  await using dir = await TempDir.create();
  const file = dir.join("out");
  const { exited } = posixSpawn(libc, {
    file: "/usr/bin/env",
    args: [
      "python3",
      "-c",
      `import sys\nout = open(sys.argv[1], 'w')\n${script}`,
      file,
    ],
    env,
    fds,
  });
  assert.deepEqual(await exited, { code: 0, signal: null });
  return await Deno.readTextFile(file);
}

const SOCKETS = `
import socket
sockets = [socket.socket(fileno=3 + i) for i in range(COUNT)]
print(*[s.getsockname()[1] for s in sockets], file=out, end='')`;

Deno.test("posixSpawn() gives sockets as 3, 4, … in their order, also many", async () => {
  const opener = new SocketOpener(libc);
  const sockets = Array.from({ length: 60 }, () => opener.openLoopback());
  try {
    const given = sockets.toReversed();
    const ports = await python(
      SOCKETS.replace("COUNT", "60"),
      given.map(({ fd }) => fd),
    );
    assert.equal(ports, given.map(({ port }) => port).join(" "));
  } finally {
    for (const socket of sockets) socket.close();
  }
});

Deno.test("posixSpawn() leaves a socket non-blocking for the workers that have it", async () => {
  const opener = new SocketOpener(libc);
  const socket = opener.openLoopback();
  try {
    await python("import os; os.set_blocking(3, False)", [socket.fd]);
    const blocking = await python(
      "import os; print(os.get_blocking(3), file=out, end='')",
      [socket.fd],
    );
    assert.equal(blocking, "False");
  } finally {
    socket.close();
  }
});

Deno.test("posixSpawn() hands on no socket that it was not told to", async () => {
  const opener = new SocketOpener(libc);
  const socket = opener.openLoopback();
  try {
    const open = await python(
      "import os; print(*[n for n in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + n) and 'socket' in os.readlink('/proc/self/fd/' + n) and int(n) >= 512], file=out, end='')",
      [],
    );
    assert.equal(open, "");
  } finally {
    socket.close();
  }
});

Deno.test("posixSpawn() starts a session of its own with SIGPIPE as usual", async () => {
  const text = await python(
    "import os, signal; print(os.getsid(0) == os.getpid(), signal.pthread_sigmask(signal.SIG_BLOCK, []), [l.split()[1] for l in open('/proc/self/status') if l.startswith('SigIgn')], file=out, end='')",
    [],
  );
  const [session, ...rest] = text.split(" ");
  assert.equal(session, "True");
  assert.equal(rest[0], "set()");
});

Deno.test("posixSpawn() passes arguments and environment byte for byte", async () => {
  await using dir = await TempDir.create();
  const file = dir.join("out");
  const { exited } = posixSpawn(libc, {
    file: "/bin/sh",
    args: [
      "-c",
      'printf "%s|%s|%s" "$1" "$2" "$NAME" >"$0"',
      file,
      "",
      "a b\n'ü",
    ],
    env: { ...env, NAME: "x=y ü\nz" },
    fds: [],
  });
  assert.deepEqual(await exited, { code: 0, signal: null });
  assert.equal(await Deno.readTextFile(file), "|a b\n'ü|x=y ü\nz");
});

Deno.test("posixSpawn() tells an exit code from a signal", async () => {
  const spawn = (script: string) =>
    posixSpawn(libc, { file: "/bin/sh", args: ["-c", script], env, fds: [] })
      .exited;
  assert.deepEqual(await spawn("exit 7"), { code: 7, signal: null });
  assert.deepEqual(await spawn("kill -TERM $$"), {
    code: null,
    signal: "SIGTERM",
  });
});

Deno.test("posixSpawn() says which program could not be started, and why", () => {
  assert.throws(
    () =>
      posixSpawn(libc, { file: "/no/such/program", args: [], env, fds: [] }),
    {
      name: "ApplicationError",
      message: 'Cannot start "/no/such/program": ENOENT',
    },
  );
});
