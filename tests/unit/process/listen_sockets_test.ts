import assert from "node:assert/strict";
import { openLibc } from "../../../src/process/libc.ts";
import { ConfigError, SourceError } from "../../../src/base/errors.ts";
import type { ListenAddress } from "../../../src/base/listen_address.ts";
import {
  type ListenSocket,
  SocketOpener,
} from "../../../src/process/listen_sockets.ts";
import { freePort } from "../../support/free_port.ts";
import { TempDir } from "../../support/temp_dir.ts";

const opener = new SocketOpener(openLibc());

Deno.test("openAll() listens on IPv4 and gives descriptors above those of a worker", async () => {
  const port = freePort();
  using open = await openAll(tcp("127.0.0.1", port));
  const [socket] = open.sockets;
  assert.equal(socket?.spec, `127.0.0.1:${port}`);
  assert.ok((socket?.fd ?? 0) >= 512);
  assert.ok(await answers("127.0.0.1", port));
});

Deno.test("openAll() listens on all IPv4 addresses without a host", async () => {
  const port = freePort();
  using _open = await openAll(tcp(undefined, port));
  assert.ok(await answers("127.0.0.1", port));
  assert.ok(await answers("127.0.0.2", port));
  assert.ok(!await answers("::1", port));
});

Deno.test("openAll() listens on IPv6 alone where an address is given", async () => {
  const port = freePort();
  using _open = await openAll(tcp("::1", port));
  assert.ok(await answers("::1", port));
  assert.ok(!await answers("127.0.0.1", port));
});

Deno.test("openAll() takes IPv4 too on [::], unless that is asked for itself", async () => {
  const port = freePort();
  {
    using _open = await openAll(tcp("::", port));
    assert.ok(await answers("127.0.0.1", port));
    assert.ok(await answers("::1", port));
  }
  using open = await openAll(tcp("::", port), tcp(undefined, port));
  assert.equal(open.sockets.length, 2);
  assert.ok(await answers("::1", port));
  assert.ok(await answers("127.0.0.1", port));
});

Deno.test("openAll() says who to look for when a port is taken", async () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr;
  await assert.rejects(openAll(tcp("127.0.0.1", port)), (error) => {
    assert.ok(error instanceof SourceError);
    assert.equal(
      error.message,
      `Cannot listen on "127.0.0.1:${port}": the address is in use`,
    );
    assert.match(error.hint ?? "", /ss -ltnp/);
    return true;
  });
});

Deno.test("openAll() says when the host does not have the address", async () => {
  // Reserved for documentation, so no host has it.
  await assert.rejects(openAll(tcp("192.0.2.1", freePort())), (error) => {
    assert.ok(error instanceof SourceError);
    assert.match(error.message, /this host does not have that address$/);
    assert.match(error.hint ?? "", /ip address/);
    return true;
  });
});

Deno.test("openAll() opens all or none", async () => {
  await using dir = await TempDir.create();
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = freePort();
  const path = dir.join("app.sock");
  await assert.rejects(
    openAll(
      tcp("127.0.0.1", port),
      { kind: "unix", spec: path, path },
      tcp("127.0.0.1", other.addr.port),
    ),
    SourceError,
  );
  assert.ok(!await answers("127.0.0.1", port));
  await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
});

Deno.test("a closed socket answers no more and can be opened again", async () => {
  const port = freePort();
  for (let n = 0; n < 3; n++) {
    using _open = await openAll(tcp("127.0.0.1", port));
    assert.ok(await answers("127.0.0.1", port));
  }
  assert.ok(!await answers("127.0.0.1", port));
});

Deno.test("openAll() listens on a Unix socket and removes its file when closed", async () => {
  await using dir = await TempDir.create();
  const path = dir.join("app.sock");
  {
    using _open = await openAll({ kind: "unix", spec: path, path });
    (await Deno.connect({ transport: "unix", path })).close();
  }
  await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
});

Deno.test("openAll() takes the place of a socket whose process is gone", async () => {
  await using dir = await TempDir.create();
  const path = dir.join("app.sock");
  await leaveStaleSocket(path);
  using _open = await openAll({ kind: "unix", spec: path, path });
  (await Deno.connect({ transport: "unix", path })).close();
});

Deno.test("openAll() leaves a Unix socket that someone listens on", async () => {
  await using dir = await TempDir.create();
  const path = dir.join("app.sock");
  using _listener = Deno.listen({ transport: "unix", path });
  await assert.rejects(
    openAll({ kind: "unix", spec: path, path }),
    (error) => {
      assert.ok(error instanceof SourceError);
      assert.equal(
        error.message,
        `Cannot listen on "${path}": the address is in use`,
      );
      assert.match(error.hint ?? "", /ss -lxp/);
      return true;
    },
  );
  (await Deno.connect({ transport: "unix", path })).close();
});

Deno.test("openAll() leaves a file that is no socket", async () => {
  await using dir = await TempDir.create();
  const path = dir.join("app.sock");
  await Deno.writeTextFile(path, "precious");
  await assert.rejects(
    openAll({ kind: "unix", spec: path, path }),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(
        error.message,
        `Cannot listen on "${path}": it exists and is no socket`,
      );
      return true;
    },
  );
  assert.equal(await Deno.readTextFile(path), "precious");
});

const BAD_PLACES = [
  ["missing/app.sock", "its folder does not exist", /^Create the folder/],
  ["file/app.sock", "a part of the path is no folder", /remove the file/],
] as const;

for (const [place, what, hint] of BAD_PLACES) {
  Deno.test(`openAll() says of a socket file that ${what}`, async () => {
    await using dir = await TempDir.create();
    await Deno.writeTextFile(dir.join("file"), "");
    const path = dir.join(place);
    await assert.rejects(
      openAll({ kind: "unix", spec: path, path }),
      (error) => {
        assert.ok(error instanceof SourceError);
        assert.equal(error.message, `Cannot listen on "${path}": ${what}`);
        assert.match(error.hint ?? "", hint);
        return true;
      },
    );
  });
}

Deno.test("openLoopback() opens a port that others cannot reach", async () => {
  const socket = opener.openLoopback();
  try {
    assert.ok(await answers("127.0.0.1", socket.port));
    assert.ok(!await answers("127.0.0.2", socket.port));
    assert.equal(socket.spec, `127.0.0.1:${socket.port}`);
  } finally {
    socket.close();
  }
});

Deno.test("no child inherits a socket that it is not given", async () => {
  using open = await openAll(tcp("127.0.0.1", freePort()));
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: ["-c", "ls -l /proc/self/fd"],
  }).output();
  const listing = new TextDecoder().decode(stdout);
  assert.equal(open.sockets.length, 1);
  assert.ok(!listing.includes("socket:"), listing);
});

function tcp(host: string | undefined, port: number): ListenAddress {
  const spec = host === undefined ? `${port}` : `${host}:${port}`;
  return { kind: "tcp", spec, host, port };
}

async function openAll(
  ...addresses: ListenAddress[]
): Promise<Disposable & { readonly sockets: readonly ListenSocket[] }> {
  const sockets = await opener.openAll(addresses);
  return {
    sockets,
    [Symbol.dispose]: () => sockets.forEach((socket) => socket.close()),
  };
}

async function answers(hostname: string, port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

/** Has another process bind a socket and end without removing it. */
async function leaveStaleSocket(path: string): Promise<void> {
  const script =
    "import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()";
  const { success } = await new Deno.Command("python3", {
    args: ["-c", script, path],
  }).output();
  assert.ok(success && (await Deno.lstat(path)).isSocket === true);
}
