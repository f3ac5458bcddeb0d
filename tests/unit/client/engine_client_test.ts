import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { SourceError } from "../../../src/base/errors.ts";
import { EngineClient } from "../../../src/client/engine_client.ts";
import { TempDir } from "../../support/temp_dir.ts";

const signal = new AbortController().signal;
const VERSION = {
  Version: "29.0.0",
  ApiVersion: "1.60",
  MinAPIVersion: "1.44",
  Components: [{ Name: "Engine" }],
};

type Answer = (path: string, request: Request) => Response | undefined;

/** An engine that answers as a test wants it, and what it was asked. */
class StubEngine implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly client: EngineClient;
  readonly #dir: TempDir;
  readonly #server: Deno.HttpServer<Deno.UnixAddr>;

  private constructor(dir: TempDir, answer: Answer) {
    const path = dir.join("s");
    this.#dir = dir;
    this.#server = Deno.serve({ path, onListen: () => {} }, (request) => {
      const { pathname, search } = new URL(request.url);
      this.asked.push(`${request.method} ${pathname}${search}`);
      const given = answer(pathname, request);
      if (given !== undefined) return given;
      return pathname === "/version"
        ? Response.json(VERSION)
        : Response.json({ message: "no such thing" }, { status: 404 });
    });
    const address = { kind: "docker", path, from: "test" } as const;
    this.client = new EngineClient(address, { answerMs: 2_000 });
  }

  static async start(answer: Answer): Promise<StubEngine> {
    return new StubEngine(await TempDir.create(), answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client[Symbol.dispose]();
    await this.#server.shutdown();
    await this.#dir[Symbol.asyncDispose]();
  }
}

Deno.test("EngineClient asks once for the version, and speaks the agreed one", async () => {
  await using engine = await StubEngine.start((path) =>
    path.endsWith("/containers/json") ? Response.json([]) : undefined
  );
  const labels = { "dewy.app": "a b&c" };
  deepEqual(await engine.client.listContainers({ labels }, signal), []);
  equal(await engine.client.inspectImage("r/a:v1", signal), undefined);
  const filters = encodeURIComponent('{"label":["dewy.app=a b&c"]}')
    .replaceAll("%20", "+");
  deepEqual(engine.asked, [
    "GET /version",
    `GET /v1.52/containers/json?all=false&filters=${filters}`,
    "GET /v1.52/images/r/a%3Av1/json",
  ]);
});

Deno.test("EngineClient asks again for the version of an engine that was replaced", async () => {
  let isOld = true;
  await using engine = await StubEngine.start((path) => {
    if (!path.endsWith("/info")) return undefined;
    if (!isOld) return Response.json({ ID: "x" });
    isOld = false;
    const message = "client version 1.52 is too new. Maximum is 1.41";
    return Response.json({ message }, { status: 400 });
  });
  await rejects(
    engine.client.info(signal),
    (error) => error instanceof SourceError && error.code === "unavailable",
  );
  equal((await engine.client.info(signal)).id, "x");
  equal(engine.asked.filter((asked) => asked === "GET /version").length, 2);
});

for (
  const [what, answer] of [
    ["no JSON", () => new Response("<html>")],
    ["too much", () => new Response(new Uint8Array(33 << 20))],
    ["a redirect", () => Response.redirect("http://127.0.0.1:1/", 307)],
  ] as const
) {
  Deno.test(`EngineClient refuses ${what}`, async () => {
    await using engine = await StubEngine.start((path) =>
      path.endsWith("/containers/json") ? answer() : undefined
    );
    await rejects(
      engine.client.listContainers({ labels: {} }, signal),
      (error) => error instanceof SourceError && error.code === "invalid",
    );
  });
}

Deno.test("EngineClient gives up an answer that does not end", async () => {
  await using engine = await StubEngine.start((path) =>
    path.endsWith("/info") ? new Response(endless()) : undefined
  );
  await rejects(
    engine.client.info(signal),
    (error) => error instanceof SourceError && error.code === "timeout",
  );
});

Deno.test("EngineClient refuses a line that does not end", async () => {
  await using engine = await StubEngine.start((path) =>
    path.endsWith("/events")
      ? new Response(new Uint8Array(2 << 20).fill(0x20))
      : undefined
  );
  await rejects(
    Array.fromAsync(engine.client.events({ labels: {} }, signal)),
    (error) => error instanceof SourceError && error.code === "invalid",
  );
});

Deno.test("EngineClient sends credentials and takes a failure from the stream", async () => {
  const auth = {
    username: "dewy",
    password: "pä??>>word",
    serverAddress: "ghcr.io",
  };
  let sent = "";
  await using engine = await StubEngine.start((path, request) => {
    if (!path.endsWith("/images/create")) return undefined;
    sent = request.headers.get("X-Registry-Auth") ?? "";
    const lines = [{ status: "Pulling" }, { error: `no: ${auth.password}` }];
    return new Response(lines.map((line) => JSON.stringify(line)).join("\r\n"));
  });
  const statuses: string[] = [];
  const onProgress = ({ status }: { status: string }) => statuses.push(status);
  await rejects(
    engine.client.pullImage("ghcr.io/o/a:v1", { auth, onProgress }, signal),
    (error) => {
      ok(error instanceof SourceError, `${error}`);
      match(
        error.message,
        /^Cannot pull image "ghcr\.io\/o\/a:v1": no: \*\*\*$/,
      );
      return true;
    },
  );
  deepEqual(statuses, ["Pulling"]);
  match(sent, /^[A-Za-z0-9_-]+=*$/);
  equal(sent.length % 4, 0);
  const decoded = Uint8Array.fromBase64(sent, { alphabet: "base64url" });
  deepEqual(JSON.parse(new TextDecoder().decode(decoded)), {
    username: "dewy",
    password: "pä??>>word",
    serveraddress: "ghcr.io",
  });
});

/** Sends a part now and then, and no end. */
function endless(): ReadableStream<Uint8Array> {
  let timer: ReturnType<typeof setInterval>;
  return new ReadableStream({
    start(controller) {
      timer = setInterval(() => controller.enqueue(Uint8Array.of(0x20)), 100);
    },
    cancel() {
      clearInterval(timer);
    },
  });
}
