import assert from "node:assert/strict";
import { join } from "node:path";
import { makeCertificates } from "../support/certificates.ts";
import { delay } from "../support/delay.ts";
import { DewyProcess } from "../support/dewy_process.ts";
import { eventually } from "../support/eventually.ts";
import { GrpcServer } from "../support/grpc_server.ts";
import { LoadClient } from "../support/load_client.ts";
import { artifactName } from "../support/registry_folder.ts";
import { ServerBench } from "../support/server_bench.ts";

/** A bench whose registry is a gRPC server, with the artifacts on a web server. */
class GrpcBench implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #webPort: number;

  private constructor(
    readonly bench: ServerBench,
    readonly server: GrpcServer,
  ) {
    this.#stack.use(bench);
    this.#stack.use(server);
    const web = this.#stack.use(Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async ({ url }) => {
        const path = join(bench.registry.path, new URL(url).pathname);
        return new Response((await Deno.open(path)).readable);
      },
    ));
    this.#webPort = web.addr.port;
  }

  static async create({ withTls } = { withTls: false }): Promise<GrpcBench> {
    const bench = await ServerBench.create();
    const options = withTls
      ? { tls: await makeCertificates(bench.workdir) }
      : {};
    return new GrpcBench(bench, await GrpcServer.start(options));
  }

  /** Starts `dewy server` on the gRPC server. */
  start(registryUrl: string): DewyProcess {
    const { bench } = this;
    const args = bench.serverArgs({
      args: ["--fetch-host", `127.0.0.1:${this.#webPort}`],
    }).map((arg) => arg === bench.registry.url ? registryUrl : arg);
    return DewyProcess.start({ cwd: bench.workdir, args });
  }

  /** Lets the server choose a version from now on. */
  async choose(tag: string): Promise<void> {
    const url = `http://127.0.0.1:${this.#webPort}/${tag}/${artifactName()}`;
    await this.server.answer({
      answer: { id: `id-${tag}`, tag, "artifact_url": url },
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

Deno.test("an upgrade that a gRPC server asks for under load fails no request, and is reported", async () => {
  await using grpc = await GrpcBench.create();
  const { bench, server } = grpc;
  await bench.publish("v1.0.0");
  await bench.publish("v2.0.0");
  await grpc.choose("v1.0.0");
  await using dewy = grpc.start(`grpc://${server.address}?no-tls=true`);
  await dewy.waitForLog("Deployment completed successfully", { tag: "v1.0.0" });
  await bench.serves("v1.0.0");
  await using load = LoadClient.start({ target: { port: bench.port } });
  await grpc.choose("v2.0.0");
  await dewy.waitForLog("Deployment completed successfully", { tag: "v2.0.0" });
  await dewy.waitForLog("Worker ended", { generation: 1 });
  await load.stop();
  assert.deepEqual(load.failures, []);
  assert.deepEqual([...load.versions.keys()], ["v1.0.0", "v2.0.0"]);
  const reports = await eventually(async () => {
    const reports = await server.calls("Report");
    return reports.length === 2 && reports;
  }, { message: "both deploys are reported" });
  const expected = ["v1.0.0", "v2.0.0"].map((tag) => ({
    call: "Report",
    id: `id-${tag}`,
    tag,
    command: "server",
  }));
  assert.deepEqual(reports, expected);
});

Deno.test("a gRPC server is told why a deploy failed, and may go back to an older version", async () => {
  await using grpc = await GrpcBench.create();
  const { bench, server } = grpc;
  await bench.publish("v1.0.0");
  await bench.publish("v2.0.0");
  await bench.publish("v3.0.0", {
    program: "exit_after.mjs",
    files: { EXIT_AFTER: "0" },
  });
  await grpc.choose("v2.0.0");
  await using dewy = grpc.start(`grpc://${server.address}?no-tls=true`);
  await dewy.waitForLog("Deployment completed successfully", { tag: "v2.0.0" });
  await grpc.choose("v3.0.0");
  const report = await eventually(async () => {
    const reports = await server.calls("Report");
    return reports.find(({ tag }) => tag === "v3.0.0");
  }, { message: "the failure is reported" });
  assert.ok((report["err"] ?? "").length > 10, JSON.stringify(report));
  await bench.serves("v2.0.0");
  await grpc.choose("v1.0.0");
  await dewy.waitForLog("Deployment completed successfully", { tag: "v1.0.0" });
  await bench.serves("v1.0.0");
});

Deno.test("a gRPC server behind TLS that is killed or frozen is asked again when it is back", async () => {
  await using grpc = await GrpcBench.create({ withTls: true });
  const { bench, server } = grpc;
  await bench.publish("v1.0.0");
  await bench.publish("v2.0.0");
  await grpc.choose("v1.0.0");
  const port = server.address.split(":").at(-1);
  const ca = join(bench.workdir, "ca.pem");
  await using dewy = grpc.start(`grpc://localhost:${port}?ca=${ca}`);
  await dewy.waitForLog("Deployment completed successfully", { tag: "v1.0.0" });
  await server.kill();
  const failure = await dewy.waitForLog("Current failure", { count: 2 });
  assert.match(String(failure["error"]), /^Cannot ask registry "grpc:/);
  await server.restart();
  await dewy.waitForLog("Error count reset");
  server.signal("SIGSTOP");
  await delay(1_000);
  server.signal("SIGCONT");
  await grpc.choose("v2.0.0");
  await dewy.waitForLog("Deployment completed successfully", { tag: "v2.0.0" });
  await bench.serves("v2.0.0");
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(5_000), 0);
});
