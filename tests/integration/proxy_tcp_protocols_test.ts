import assert from "node:assert/strict";
import { GrpcClient } from "../../src/client/grpc.ts";
import type { Backend } from "../../src/proxy/backend.ts";
import { makeCertificates } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { GrpcServer } from "../support/grpc_server.ts";
import { TempDir } from "../support/temp_dir.ts";
import { close, readText, say, TcpBench } from "../support/tcp_bench.ts";

function at(port: number): Backend {
  return { id: "a", hostname: "127.0.0.1", port, state: "ready" };
}

/** Starts a program that serves `port`, and waits until it does. */
async function startServer(
  stack: AsyncDisposableStack,
  port: number,
  command: readonly string[],
): Promise<void> {
  const [program = "", ...args] = command;
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  stack.defer(async () => {
    child.kill("SIGKILL");
    await child.status;
  });
  await eventually(async () => {
    using _probe = await Deno.connect({ hostname: "127.0.0.1", port });
    return true;
  }, { message: `${program} listens` });
}

async function startHaproxy(stack: AsyncDisposableStack): Promise<number> {
  const temp = stack.use(await TempDir.create());
  const port = freePort();
  const path = temp.join("haproxy.cfg");
  await Deno.writeTextFile(
    path,
    `
defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 1s
frontend who
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst] %[dst_port]"
`,
  );
  await startServer(stack, port, ["haproxy", "-q", "-f", path]);
  return port;
}

async function startNginx(stack: AsyncDisposableStack): Promise<number> {
  const temp = stack.use(await TempDir.create());
  const port = freePort();
  const path = temp.join("nginx.conf");
  await Deno.writeTextFile(
    path,
    `
daemon off;
master_process off;
pid ${temp.join("pid")};
error_log ${temp.join("error.log")};
events {}
http {
  access_log off;
  client_body_temp_path ${temp.join("body")};
  proxy_temp_path ${temp.join("proxy")};
  fastcgi_temp_path ${temp.join("fastcgi")};
  uwsgi_temp_path ${temp.join("uwsgi")};
  scgi_temp_path ${temp.join("scgi")};
  server {
    listen 127.0.0.1:${port} proxy_protocol;
    location / {
      return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port";
    }
  }
}
`,
  );
  const options = ["-e", temp.join("error.log"), "-c", path];
  await startServer(stack, port, ["nginx", ...options]);
  return port;
}

/** Asks over a connection to the plane, and returns its own ends and the backend's view of them. */
async function askWho(
  bench: TcpBench,
  hostname: string,
): Promise<{ readonly own: string; readonly seen: string | undefined }> {
  const client = await bench.connect(hostname);
  await say(client, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const answer = await readText(client);
  const { localAddr, remoteAddr } = client;
  const own = [localAddr, remoteAddr]
    .map((end) => `${end.hostname} ${end.port}`).join(" ");
  return { own, seen: answer.split("\r\n\r\n")[1] };
}

const PARSERS = { haproxy: startHaproxy, nginx: startNginx };

for (const [program, start] of Object.entries(PARSERS)) {
  Deno.test(`${program} learns from the PROXY header who the client is`, async () => {
    await using stack = new AsyncDisposableStack();
    const backends = [at(await start(stack))];
    const cases = [
      ["127.0.0.1", "127.0.0.1"],
      ["::1", "::1"],
      ["::", "127.0.0.1"],
    ] as const;
    for (const [listen, call] of cases) {
      await using bench = new TcpBench(backends, {
        hostname: listen,
        proxyProtocol: true,
      });
      const { own, seen } = await askWho(bench, call);
      assert.equal(seen, own);
      assert.ok(own.startsWith(`${call} `));
    }
  });
}

Deno.test("TLS goes through untouched, with HTTP/2 inside", async () => {
  await using temp = await TempDir.create();
  const files = await makeCertificates(temp.path);
  const [ca, cert, key] = await Promise.all(
    [files.ca, files.cert, files.key].map((path) => Deno.readTextFile(path)),
  );
  assert.ok(ca !== undefined && cert !== undefined && key !== undefined);
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
    onListen: () => {},
  }, async (request) => new Response(`got ${await request.text()}`));
  await using bench = new TcpBench([at(server.addr.port)]);
  const { stdout } = await new Deno.Command("curl", {
    args: [
      ...["-sS", "--http2", "--cacert", files.ca, "--data", "this"],
      ...["-w", " %{http_version} %{ssl_verify_result}"],
      `https://localhost:${bench.port}/`,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "got this 2 0");
});

Deno.test("gRPC goes through", async () => {
  await using server = await GrpcServer.start();
  await server.answer({
    answer: { id: "1", tag: "v1.0.0", "artifact_url": "ghr://a/b" },
  });
  await using bench = new TcpBench([at(Number(server.address.split(":")[1]))]);
  using client = new GrpcClient({
    address: `127.0.0.1:${bench.port}`,
    tls: false,
    shownUrl: "grpc://plane",
  });
  const { signal } = new AbortController();
  for (let round = 0; round < 3; round++) {
    const answer = await client.current({ os: "linux", arch: "amd64" }, signal);
    assert.equal(answer?.tag, "v1.0.0");
  }
  assert.equal(bench.meter.opened, 1);
});

Deno.test("WebSockets go through, with subprotocol and close code", async () => {
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, {
      protocol: "chat",
    });
    socket.onmessage = ({ data }) => {
      if (data === "bye") socket.close(4001, "told to");
      else socket.send(data);
    };
    return response;
  });
  await using bench = new TcpBench([at(server.addr.port)]);
  const socket = new WebSocket(`ws://127.0.0.1:${bench.port}/`, ["chat"]);
  const heard: unknown[] = [];
  const closed = Promise.withResolvers<CloseEvent>();
  const large = "x".repeat(200_000);
  socket.onopen = () => socket.send(large);
  socket.onmessage = ({ data }) => {
    heard.push(data);
    socket.send("bye");
  };
  socket.onclose = closed.resolve;
  const { code, reason } = await closed.promise;
  assert.equal(socket.protocol, "chat");
  assert.deepEqual(heard, [large]);
  assert.deepEqual([code, reason], [4001, "told to"]);
});

Deno.test("a server that speaks first is heard", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using bench = new TcpBench([at(listener.addr.port)]);
  const client = await bench.connect();
  const connection = await listener.accept();
  await say(connection, "220 ready\r\n");
  assert.equal(await readText(client, 11), "220 ready\r\n");
  close(connection);
  listener.close();
});
