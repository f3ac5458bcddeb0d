import { equal, match, ok, rejects } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { DEWY_FLAGS } from "../../scripts/runtime_flags.ts";
import { SourceError } from "../../src/base/errors.ts";
import { ENGINE_KINDS, sharedEngine } from "../support/engine.ts";
import { unprivileged } from "../support/unprivileged.ts";

const SCRIPT = fileURLToPath(
  new URL("../fixtures/ask_engine.ts", import.meta.url),
);
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const signal = AbortSignal.timeout(120_000);

function failure(
  code: SourceError["code"],
  message: RegExp,
  hint: RegExp,
): (error: unknown) => boolean {
  return (error) => {
    ok(error instanceof SourceError, `${error}`);
    equal(error.code, code, error.message);
    match(error.message, message);
    match(error.hint ?? "", hint);
    return true;
  };
}

/** A registry that takes connections and never answers. */
class SilentRegistry implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #asked = Promise.withResolvers<void>();
  readonly #conns: Deno.Conn[] = [];
  readonly #accepting = this.#accept();

  get image(): string {
    return `127.0.0.1:${this.#listener.addr.port}/app:v1`;
  }

  /** Resolves with the first connection. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const conn of this.#conns) conn.close();
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      this.#conns.push(conn);
      this.#asked.resolve();
    }
  }
}

for (const kind of ENGINE_KINDS) {
  const shared = sharedEngine(kind);
  const service = kind === "docker" ? /dockerd/ : /podman\.socket/;

  Deno.test(`${kind}: an engine that hangs is given up in time`, async () => {
    const { engine } = shared;
    using client = engine.client({ answerMs: 500 });
    // Podman's is started by its first connection, which takes what it takes.
    using patient = engine.client();
    await patient.version(signal);
    await client.version(signal);
    engine.signalDaemon("SIGSTOP");
    try {
      const begin = Date.now();
      await rejects(
        client.listContainers({ labels: {} }, signal),
        failure(
          "timeout",
          /^Cannot list containers: no answer .* 0\.5 s$/,
          /hangs/,
        ),
      );
      await rejects(
        client.containerLogs("x", 1, signal),
        failure("timeout", /no answer/, /hangs/),
      );
      ok(Date.now() - begin < 5_000);
    } finally {
      engine.signalDaemon("SIGCONT");
    }
    await patient.listContainers({ labels: {} }, signal);
  });

  Deno.test(`${kind}: a pull without progress is given up`, async () => {
    await using registry = new SilentRegistry();
    using client = shared.engine.client({ pullStallMs: 1_000 });
    await rejects(
      client.pullImage(registry.image, {}, signal),
      failure("timeout", /^Cannot pull image .* in 1 s$/, /hangs/),
    );
  });

  Deno.test(`${kind}: a pull ends with the caller's abort`, async () => {
    await using registry = new SilentRegistry();
    using client = shared.engine.client();
    const abort = new AbortController();
    const reason = new Error("enough");
    const pulling = client.pullImage(registry.image, {}, abort.signal);
    const rejected = rejects(pulling, (error) => error === reason);
    await registry.asked;
    abort.abort(reason);
    await rejected;
  });

  Deno.test(`${kind}: an engine that is killed during a pull`, async () => {
    const { engine } = shared;
    await using registry = new SilentRegistry();
    using client = engine.client();
    const pulling = client.pullImage(registry.image, {}, signal);
    const rejected = rejects(
      pulling,
      failure("unavailable", /^Cannot pull image .*: /, service),
    );
    await registry.asked;
    await engine.endDaemon("SIGKILL");
    await rejected;
    await rejects(
      client.info(signal),
      failure("unavailable", /nobody answers at "\/.*"/, service),
    );
    await engine.startDaemon();
    ok((await client.info(signal)).cpus > 0);
  });

  Deno.test(`${kind}: an engine that was stopped`, async () => {
    const { engine } = shared;
    using client = engine.client();
    await engine.endDaemon("SIGTERM");
    await rejects(
      client.listContainers({ labels: {} }, signal),
      failure(
        "unavailable",
        /(?:there is no|nobody answers at) "\/.*"/,
        service,
      ),
    );
    await engine.startDaemon();
    await client.listContainers({ labels: {} }, signal);
  });
}

Deno.test("a socket that dewy's user may not use", async () => {
  const path = await Deno.makeTempDir({ prefix: "dewy-test-" });
  try {
    await using _server = Deno.serve(
      { path: `${path}/s`, onListen: () => {} },
      () => new Response(),
    );
    await Deno.chmod(`${path}/s`, 0o000);
    const [program = "", ...args] = unprivileged([
      Deno.execPath(),
      ...["run", "--quiet", ...DEWY_FLAGS, "--config", CONFIG],
      ...[SCRIPT, `${path}/s`],
    ]);
    const { stdout, stderr } = await new Deno.Command(program, { args })
      .output();
    const decoder = new TextDecoder();
    const error = JSON.parse(decoder.decode(stdout) || decoder.decode(stderr));
    equal(error.code, "denied");
    match(error.message, /no access to ".*\/s"$/);
    match(error.hint, /group docker/);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});
