import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import {
  runDewy,
  runOnTerminal,
  type RunOptions,
} from "../support/run_dewy.ts";
import { TempDir } from "../support/temp_dir.ts";

const SINCE = "2026-01-15T12:00:00.123Z";
const STATUS = {
  command: "server",
  app: "web",
  host: "web1",
  version: "0.1.0",
  pid: 77,
  "started_at": SINCE,
  phase: "waiting",
  current: { version: "v1.2.3", since: SINCE, digest: null },
  previous: null,
  deploying: null,
  decision: {
    at: SINCE,
    kind: "skip",
    code: "up-to-date",
    version: "v1.2.3",
    reason: "v1.2.3 is the newest",
  },
  registry: {
    url: "file:///srv/releases",
    "last_asked_at": SINCE,
    "last_answered_at": SINCE,
    failures: 0,
    error: null,
    "next_poll_at": null,
  },
  pin: null,
  hold: { since: SINCE, reason: "\x1b[2Jsale\u202e" },
  waiting: [],
  failed: [{
    version: "v1.2.2",
    reason: "it never answered /healthz ".repeat(10).trim(),
    quarantined: false,
    attempts: 2,
    "last_at": SINCE,
    "retry_at": SINCE,
  }],
  program: { pid: 123, generation: 3, running: true, restarts: 1, deaths: 0 },
  replicas: [],
  ports: [],
};

/** What a stand-in of the admin API was asked. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly host: string | null;
  readonly authorization: string | null;
  readonly body: string;
}

type Answer = (path: string) => Response;

/** Answers as docs/admin-api.md says, whatever a test wants to hear. */
class StandIn implements AsyncDisposable {
  readonly asked: Asked[] = [];
  #server: Deno.HttpServer;

  constructor(place: { path: string } | { port: number }, answer: Answer) {
    this.#server = Deno.serve(
      { ...place, onListen: () => {} },
      async (request: Request) => {
        const { pathname: path } = new URL(request.url);
        const { method, headers } = request;
        const body = await request.text();
        const [host, authorization] = ["host", "authorization"]
          .map((name) => headers.get(name));
        this.asked.push({
          ...{ method, path, body },
          host: host ?? null,
          authorization: authorization ?? null,
        });
        return answer(path.replace("/api/v1/", ""));
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function refusal(status: number, code: string, message: string): Response {
  const error = { code, message, hint: "Look at the status" };
  return Response.json({ error }, { status });
}

/** Makes a working directory whose socket answers, and returns how to run dewy there. */
async function serveSocket(dir: TempDir, answer: Answer): Promise<StandIn> {
  await Deno.mkdir(dir.join(".dewy"));
  return new StandIn({ path: dir.join(".dewy", "admin.sock") }, answer);
}

function inside(dir: TempDir): RunOptions {
  return { cwd: dir.path, env: { NO_COLOR: "1" } };
}

Deno.test("dewy status prints plain text into a pipe, with nothing that a terminal obeys", async () => {
  await using dir = await TempDir.create();
  await using api = await serveSocket(dir, () => Response.json(STATUS));
  const { code, stdout, stderr } = await runDewy(["status"], inside(dir));
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^Application +web \(server\) on web1$/m);
  assert.match(stdout, /^Version +v1\.2\.3, since 2026-01-15T12:00:00Z$/m);
  assert.match(stdout, /^Held +since .+: \\x1b\[2Jsale\\u202e$/m);
  assert.ok(stdout.includes(STATUS.failed[0]?.reason ?? "?"), "nothing is cut");
  // deno-lint-ignore no-control-regex -- these are what must not be there
  assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  assert.deepEqual(api.asked, [{
    method: "GET",
    path: "/api/v1/status",
    host: "localhost",
    authorization: null,
    body: "",
  }]);
});

Deno.test("dewy status fits a terminal, with colours unless NO_COLOR is set", async () => {
  await using dir = await TempDir.create();
  await using _ = await serveSocket(dir, () => Response.json(STATUS));
  const options = { cwd: dir.path, columns: 60 };
  const { code, stdout } = await runOnTerminal(["status"], options);
  assert.equal(code, 0, stdout);
  const escape = "\x1b[";
  assert.ok(stdout.includes(`${escape}1mv1.2.3, for `), stdout);
  assert.ok(stdout.includes("\\x1b[2Jsale\\u202e"));
  assert.ok(!stdout.includes(`${escape}2J`));
  // deno-lint-ignore no-control-regex -- colours take no columns
  const lines = stdout.replace(/\x1b\[\d+m/g, "").split("\n");
  for (const line of lines) assert.ok([...line].length <= 60, line);
  assert.ok(lines.some((line) => line.endsWith("…")));
  const env = { NO_COLOR: "1" };
  const plain = await runOnTerminal(["status"], { ...options, env });
  assert.ok(!plain.stdout.includes(escape));
});

Deno.test("dewy status exits with 5 when something is wrong, and --json prints what the API says", async () => {
  await using dir = await TempDir.create();
  const failing = {
    ...STATUS,
    registry: { ...STATUS.registry, failures: 2, error: "refused" },
    "from_the_future": [1, null],
  };
  await using _ = await serveSocket(dir, () => Response.json(failing));
  const human = await runDewy(["status"], inside(dir));
  assert.equal(human.code, 5);
  assert.match(human.stdout, /^Problem .+ failed 2 times in a row: refused$/m);
  const json = await runDewy(["status", "--json"], inside(dir));
  assert.equal(json.code, 5);
  assert.deepEqual(JSON.parse(json.stdout), failing);
});

Deno.test("dewy history prints a table", async () => {
  await using dir = await TempDir.create();
  const history = [{
    at: SINCE,
    version: "v1.2.3",
    outcome: "deployed",
    reason: "",
    "duration_ms": 1_234,
    digest: null,
  }];
  await using _ = await serveSocket(dir, () => Response.json({ history }));
  const { stdout } = await runDewy(["history"], inside(dir));
  assert.equal(
    stdout,
    "WHEN                  VERSION  OUTCOME   TOOK   REASON\n" +
      "2026-01-15T12:00:00Z  v1.2.3   deployed  1.2 s\n",
  );
});

Deno.test("actions send what was asked for and print what became of it", async () => {
  await using dir = await TempDir.create();
  await using api = await serveSocket(dir, (path) =>
    Response.json({
      action: path,
      result: "started",
      version: null,
      message: `Begun: ${path}`,
    }, { status: 202 }));
  const lines = ["rollback v1.2.2", "hold --reason sale", "restart"];
  for (const line of lines) {
    const { code, stdout } = await runDewy(line.split(" "), inside(dir));
    const [name = ""] = line.split(" ");
    assert.deepEqual([code, stdout], [0, `Begun: actions/${name}\n`]);
  }
  assert.deepEqual(api.asked.map(({ path, body }) => [path, body]), [
    ["/api/v1/actions/rollback", '{"version":"v1.2.2"}'],
    ["/api/v1/actions/hold", '{"reason":"sale"}'],
    ["/api/v1/actions/restart", "{}"],
  ]);
});

const REFUSALS: readonly (readonly [number, string, number])[] = [
  [401, "unauthorized", 3],
  [429, "too-many", 3],
  [409, "conflict", 4],
  [404, "not-found", 4],
  [503, "unavailable", 4],
  [422, "invalid", 1],
];

Deno.test("a refusal says why, and its exit code says which kind it is", async () => {
  await using dir = await TempDir.create();
  let next = refusal(500, "", "");
  await using _ = await serveSocket(dir, () => next);
  for (const [status, word, exitCode] of REFUSALS) {
    next = refusal(status, word, "Nothing to\x1b[2J roll back to");
    const { code, stdout, stderr } = await runDewy(["rollback"], inside(dir));
    assert.deepEqual([code, stdout, stderr], [
      exitCode,
      "",
      "Error: Nothing to\\x1b[2J roll back to\n  hint: Look at the status\n",
    ]);
  }
  next = refusal(409, "conflict", "Held");
  const json = await runDewy(["deploy", "--json"], inside(dir));
  assert.equal(json.code, 4);
  assert.deepEqual(JSON.parse(json.stdout), {
    error: { code: "conflict", message: "Held", hint: "Look at the status" },
  });
});

Deno.test("what answers and is no dewy is told apart from nobody", async () => {
  await using dir = await TempDir.create();
  let next = new Response("<html>", { status: 200 });
  await using _ = await serveSocket(dir, () => next);
  for (const status of [200, 404]) {
    next = new Response("404 page not found\n", { status });
    const { code, stderr } = await runDewy(["status"], inside(dir));
    assert.equal(code, 2);
    assert.match(stderr, /is no admin API of this version/);
  }
});

Deno.test("a dewy that is not there is told with where to look", async () => {
  await using dir = await TempDir.create();
  const gone = await runDewy(["status"], inside(dir));
  assert.equal(gone.code, 2);
  assert.match(gone.stderr, /there is no socket "\.dewy\/admin\.sock"/);
  assert.match(gone.stderr, /hint: .+--admin-socket/);
  const path = dir.join("left.sock");
  await new StandIn({ path }, () => Response.json({}))[Symbol.asyncDispose]();
  await Deno.remove(path).catch((error) => {
    assert.ok(error instanceof Deno.errors.NotFound);
  });
  Deno.listen({ transport: "unix", path }).close();
  const left = await runDewy(["status", "--admin-socket", path], inside(dir));
  assert.equal(left.code, 2, left.stderr);
  const port = String(freePort());
  const args = ["status", "--admin-port", port, "--json"];
  const closed = await runDewy(args, inside(dir));
  assert.equal(closed.code, 2);
  const { error } = JSON.parse(closed.stdout);
  assert.equal(error.code, "unreachable");
  assert.match(error.message, new RegExp(`nobody listens at port ${port} `));
});

Deno.test("over TCP the token goes along, from a file or the environment", async () => {
  await using dir = await TempDir.create();
  const port = freePort();
  await using api = new StandIn({ port }, () => Response.json({ message: "" }));
  const path = dir.join("token");
  await Deno.writeTextFile(path, "from-file\n");
  const place = ["--admin-port", String(port)];
  const env = { NO_COLOR: "1", DEWY_ADMIN_TOKEN: "from-env" };
  const options = { cwd: dir.path, env };
  await runDewy(["resume", ...place, "--admin-token-file", path], options);
  await runDewy(["resume", ...place], options);
  const sent = api.asked.map(({ authorization }) => authorization);
  assert.deepEqual(sent, ["Bearer from-file", "Bearer from-env"]);
  assert.equal(api.asked[0]?.host, `127.0.0.1:${port}`);
  const args = ["resume", ...place, "--admin-token-file", dir.join("none")];
  const { code, stderr } = await runDewy(args, options);
  assert.equal(code, 1);
  assert.match(stderr, /^Error: Cannot read the token of ".+none"/);
});

Deno.test("dewy events prints one line for each event, and ends with dewy", async () => {
  await using dir = await TempDir.create();
  const event = {
    at: SINCE,
    type: "deploy-failed",
    level: "error",
    message: "Deploy\x1b[J failed",
    tag: "v1.2.3",
    why: "two words",
    ms: 5,
  };
  const stream = `: hello\n\nid: 1\nevent: x\ndata: ${
    JSON.stringify(event)
  }\n\n`;
  await using _ = await serveSocket(
    dir,
    () =>
      new Response(stream, {
        headers: { "content-type": "text/event-stream" },
      }),
  );
  const { code, stdout } = await runDewy(["events"], inside(dir));
  assert.equal(code, 2);
  assert.equal(
    stdout,
    `${SINCE} ERROR Deploy\\x1b[J failed tag=v1.2.3 why="two words" ms=5\n`,
  );
  const json = await runDewy(["events", "--json"], inside(dir));
  const [first, last] = json.stdout.trim().split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(first, event);
  assert.equal(last.error.code, "unreachable");
});

Deno.test("a command to a running dewy needs no permission but for the way there", async () => {
  await using dir = await TempDir.create();
  await using _ = await serveSocket(dir, () => Response.json(STATUS));
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const socket = dir.join(".dewy", "admin.sock");
  const command = [
    Deno.execPath(),
    ...["run", "--no-prompt", "--config", config, "--allow-env"],
    ...[`--allow-read=${socket}`, `--allow-write=${socket}`],
    ...[`--allow-net=localhost:80,unix:${socket}`, main],
  ];
  const options = { ...inside(dir), command };
  const { code, stderr } = await runDewy(["status"], options);
  assert.deepEqual([code, stderr], [0, ""]);
});
