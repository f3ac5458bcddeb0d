import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { GrpcClient } from "../../../src/client/grpc.ts";
import { makeCertificates } from "../../support/certificates.ts";
import { freePort } from "../../support/free_port.ts";
import { eventually } from "../../support/eventually.ts";
import { GrpcServer } from "../../support/grpc_server.ts";
import { TempDir } from "../../support/temp_dir.ts";

const NEVER = new AbortController().signal;
const HOST = { os: "linux", arch: "arm64" };
const ANSWER = {
  id: "42",
  tag: "v1.2.3+blue",
  "artifact_url": "ghr://o/r/tag/v1.2.3/app.zip",
};

function clientFor(
  address: string,
  options: Partial<ConstructorParameters<typeof GrpcClient>[0]> = {},
): GrpcClient {
  const shownUrl = `grpc://${address}`;
  return new GrpcClient({ address, tls: false, shownUrl, ...options });
}

async function failure(asking: Promise<unknown>): Promise<SourceError> {
  try {
    await asking;
  } catch (error) {
    ok(error instanceof SourceError, String(error));
    return error;
  }
  throw new Error("It did not fail");
}

Deno.test("current() asks for the platform and reads the answer of another implementation", async () => {
  await using server = await GrpcServer.start();
  using client = clientFor(server.address);
  await server.answer({ answer: { ...ANSWER, "created_at": 1705312800.5 } });
  deepEqual(await client.current(HOST, NEVER), {
    id: "42",
    tag: "v1.2.3+blue",
    artifactUrl: ANSWER.artifact_url,
    createdAt: 1_705_312_800_500,
  });
  await server.answer({ answer: ANSWER });
  const artifactName = "アプリ.zip";
  const second = await client.current({ ...HOST, artifactName }, NEVER);
  equal(second.createdAt, undefined);
  deepEqual(await server.calls(), [
    { call: "Current", arch: "arm64", os: "linux" },
    { call: "Current", arch: "arm64", os: "linux", artifact: artifactName },
  ]);
});

Deno.test("report() sends the error of a failed deploy, and none after a success", async () => {
  await using server = await GrpcServer.start();
  using client = clientFor(server.address);
  const report = { id: "42", tag: "v1", command: "server" };
  await client.report(report, NEVER);
  await client.report({ ...report, err: "did not start" }, NEVER);
  deepEqual(await server.calls(), [
    { call: "Report", ...report },
    { call: "Report", ...report, err: "did not start" },
  ]);
});

Deno.test("current() maps the server's errors and keeps its words", async () => {
  await using server = await GrpcServer.start();
  using client = clientFor(server.address);
  const codes = {
    NOT_FOUND: "not-found",
    PERMISSION_DENIED: "denied",
    UNAUTHENTICATED: "denied",
    INVALID_ARGUMENT: "invalid",
    UNIMPLEMENTED: "invalid",
    INTERNAL: "unavailable",
    UNAVAILABLE: "unavailable",
    RESOURCE_EXHAUSTED: "unavailable",
  };
  for (const [code, expected] of Object.entries(codes)) {
    const details = `all\ngone ${"x".repeat(400)}`;
    await server.answer({ error: { code, details } });
    const error = await failure(client.current(HOST, NEVER));
    equal(error.code, expected, code);
    const subject = `Cannot ask registry "grpc://${server.address}": all gone`;
    ok(error.message.startsWith(subject), error.message);
    ok(error.message.length < 400);
  }
  await server.answer({ answer: ANSWER });
  equal((await client.current(HOST, NEVER)).tag, ANSWER.tag);
});

Deno.test("current() ends in time when the server is frozen, and works again when it thaws", async () => {
  await using server = await GrpcServer.start();
  await server.answer({ answer: ANSWER });
  using client = clientFor(server.address, { timeoutMs: 500 });
  await client.current(HOST, NEVER);
  server.signal("SIGSTOP");
  // On a busy machine it may answer once more before it stands still.
  const error = await eventually(
    () => failure(client.current(HOST, NEVER)),
    { message: "a frozen server is given up", timeoutMs: 3_000 },
  );
  equal(error.code, "timeout");
  ok(error.message.endsWith("no answer in 0.5 s"), error.message);
  server.signal("SIGCONT");
  equal((await client.current(HOST, NEVER)).tag, ANSWER.tag);
});

Deno.test("current() connects again when the server was killed and started", async () => {
  await using server = await GrpcServer.start();
  await server.answer({ answer: ANSWER });
  using client = clientFor(server.address);
  await client.current(HOST, NEVER);
  await server.kill();
  for (const _ of [1, 2]) {
    const error = await failure(client.current(HOST, NEVER));
    equal(error.code, "unavailable");
    ok(error.hint?.startsWith("Check host and port"), error.message);
  }
  await server.restart();
  equal((await client.current(HOST, NEVER)).tag, ANSWER.tag);
  await server.kill();
  await server.restart();
  equal((await client.current(HOST, NEVER)).tag, ANSWER.tag);
});

Deno.test("current() ends at an abort with its reason", async () => {
  await using server = await GrpcServer.start();
  await server.answer({ answer: ANSWER, delay: 3 });
  using client = clientFor(server.address);
  const reason = new Error("stopped");
  const controller = new AbortController();
  const asking = client.current(HOST, controller.signal);
  setTimeout(() => controller.abort(reason), 100);
  await rejects(asking, (error) => error === reason);
  await rejects(
    client.current(HOST, AbortSignal.abort(reason)),
    (error) => error === reason,
  );
});

Deno.test("current() trusts the authority it was given, by name and by address, and no other", async () => {
  await using temp = await TempDir.create();
  const tls = await makeCertificates(temp.path);
  const ca = await Deno.readTextFile(tls.ca);
  await using server = await GrpcServer.start({ tls });
  await server.answer({ answer: ANSWER });
  const port = server.address.split(":").at(-1);
  for (const host of ["127.0.0.1", "localhost"]) {
    using client = clientFor(`${host}:${port}`, { tls: true, ca });
    equal((await client.current(HOST, NEVER)).tag, ANSWER.tag);
    using stranger = clientFor(`${host}:${port}`, { tls: true });
    const error = await failure(stranger.current(HOST, NEVER));
    equal(error.code, "unavailable");
    ok(
      error.hint?.includes('"ca=/path/to/ca.pem"'),
      `${error.message} ${error.hint}`,
    );
  }
});

Deno.test("current() says what to do when only one side speaks TLS", async () => {
  await using temp = await TempDir.create();
  const tls = await makeCertificates(temp.path);
  await using secure = await GrpcServer.start({ tls });
  using plainClient = clientFor(secure.address, { timeoutMs: 3_000 });
  const wantsTls = await failure(plainClient.current(HOST, NEVER));
  ok(wantsTls.hint?.includes("no-tls"), `${wantsTls.message} ${wantsTls.hint}`);
  await using plain = await GrpcServer.start();
  using secureClient = clientFor(plain.address, {
    tls: true,
    timeoutMs: 3_000,
  });
  const noTls = await failure(secureClient.current(HOST, NEVER));
  ok(noTls.hint?.includes("no-tls=true"), `${noTls.message} ${noTls.hint}`);
});

Deno.test("current() says what listens there when it is no gRPC server", async () => {
  await using web = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("hello"),
  );
  using client = clientFor(`127.0.0.1:${web.addr.port}`);
  const error = await failure(client.current(HOST, NEVER));
  ok(error.message.length < 400, error.message);
  using nobody = clientFor(`127.0.0.1:${freePort()}`);
  equal((await failure(nobody.current(HOST, NEVER))).code, "unavailable");
  using nowhere = clientFor("no-such-host.invalid:1");
  equal((await failure(nowhere.current(HOST, NEVER))).code, "unavailable");
});
