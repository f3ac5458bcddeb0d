import assert from "node:assert/strict";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { makeCertificates } from "../support/certificates.ts";
import { waitForFailure } from "../support/deploy_state.ts";
import { DewyProcess } from "../support/dewy_process.ts";
import { eventually } from "../support/eventually.ts";
import { ServerBench } from "../support/server_bench.ts";
import { SlackServer } from "../support/slack_server.ts";
import { MailServer } from "../support/smtp_server.ts";
import { TempDir } from "../support/temp_dir.ts";
import { WebhookServer } from "../support/webhook_server.ts";

const TOKEN = "xoxb-1234567890-secret";
const PASSWORD = "correct-horse-battery";
const SECRET = "staple-of-the-receiver";
const API_KEY = "key-that-a-hook-prints";
const THREAD = "1503435956.000247";

/** Servers of every kind of notifier, and one that takes connections and never answers. */
class Receivers implements AsyncDisposable {
  readonly slack = new SlackServer(TOKEN);
  readonly webhook = new WebhookServer();
  readonly silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  /** Connections to the silent one. */
  readonly waiting: Deno.TcpConn[] = [];

  private constructor(
    readonly dir: TempDir,
    readonly mail: MailServer,
    readonly ca: string,
  ) {
    void this.#accept();
  }

  static async create(): Promise<Receivers> {
    const dir = await TempDir.create();
    const certificates = await makeCertificates(dir.path);
    const mail = await MailServer.start({
      tls: "offered",
      certificates,
      login: { user: "bob", pass: PASSWORD },
    });
    return new Receivers(dir, mail, certificates.ca);
  }

  get args(): string[] {
    return [
      `slack://deploys?title=app&thread=true`,
      `mail://localhost:${this.mail.port}/ops@example.com?from=a@b.c&ca=${this.ca}&username=bob&password=${PASSWORD}`,
      `webhook://127.0.0.1:${this.webhook.port}/hook?secret=${SECRET}`,
      `webhook://127.0.0.1:${this.silent.addr.port}/`,
      "slack://broken?nope=1",
    ].flatMap((url) => ["--notifier", url]);
  }

  /** How many messages each has got. */
  get counts(): readonly number[] {
    const { slack, mail, webhook } = this;
    return [slack.posts.length, mail.mails.length, webhook.requests.length];
  }

  /** Everything that was said. */
  get said(): string {
    return JSON.stringify([
      this.slack.posts.map(({ attachment }) => attachment),
      this.mail.mails,
      this.webhook.requests,
    ]);
  }

  async #accept(): Promise<void> {
    for await (const connection of this.silent) this.waiting.push(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.silent.close();
    for (const connection of this.waiting) connection.close();
    await this.slack[Symbol.asyncDispose]();
    await this.webhook[Symbol.asyncDispose]();
    await this.mail[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

Deno.test("notifiers hear of deploys, failures and the stop, and one that hangs costs nothing", async () => {
  await using receivers = await Receivers.create();
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0", {
    files: { ".slack-thread-ts": `${THREAD}\n` },
  });
  const startedAt = performance.now();
  await using dewy = bench.start({
    args: [
      ...receivers.args,
      "--before-deploy-hook",
      'echo "key $API_KEY, password $DEPLOY_PASSWORD"',
    ],
    env: {
      ...receivers.slack.env,
      API_KEY,
      DEPLOY_PASSWORD: PASSWORD,
    },
  });
  await bench.serves("v1.0.0");
  await dewy.waitForLog("Deployment completed successfully", { tag: "v1.0.0" });
  await bench.publish("v2.0.0");
  await bench.serves("v2.0.0");
  await dewy.waitForLog("Deployment completed successfully", { tag: "v2.0.0" });
  // Ten messages that were waited for would take ten times the time limit.
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs < 50_000, `two deploys took ${tookMs} ms`);
  assert.ok(receivers.waiting.length > 0, "nobody asked the silent one");

  await bench.publish("v3.0.0", { bytes: new Uint8Array(1000).fill(0x61) });
  await waitForFailure(dewy, "v3.0.0");
  // All but the last one.
  await eventually(() => receivers.counts.every((count) => count >= 15), {
    timeoutMs: 30_000,
    message: "all messages have arrived",
  });
  dewy.kill("SIGTERM");
  assert.equal(await dewy.exitCode(), 0);
  assertSlack(receivers);
  assertMail(receivers);
  assertWebhook(receivers);
  assertNoSecret(receivers, dewy);
  assert.equal(dewy.logs("Notifier failure", { level: "ERROR" }).length, 1);
  assert.equal(dewy.logs("Notifications were dropped").length, 1);
});

/** What is told of the two deploys, the failure and the stop. */
const TEXTS = [
  /^Automatic shipping started by \*?Dewy\*? \(vdev: server\)$/,
  /^Starting server deployment: v1\.0\.0 \(first deploy\)$/,
  /^Downloaded artifact for v1\.0\.0$/,
  /^Before Deploy Hook/,
  /^Server started for v1\.0\.0$/,
  /^Deployment completed successfully \(total: [\d.]+m?s\): v1\.0\.0$/,
  /^Starting server deployment: v1\.0\.0 → v2\.0\.0$/,
  /^Downloaded artifact for v2\.0\.0$/,
  /^Before Deploy Hook/,
  /^Server restarted for v2\.0\.0$/,
  /^Deployment completed successfully \(total: [\d.]+m?s\): v2\.0\.0$/,
  /^Starting server deployment: v2\.0\.0 → v3\.0\.0$/,
  /^Downloaded artifact for v3\.0\.0$/,
  /^Before Deploy Hook/,
  /^Error occurred \(count: 1\): Deployment of v3\.0\.0 failed: Cannot read the archive[^]*v2\.0\.0 stays in service\nv3\.0\.0 is quarantined/,
  /^Stop receiving by terminated signal$/,
];

function assertTexts(texts: readonly string[]): void {
  assert.equal(texts.length, TEXTS.length, texts.join("\n"));
  for (const [index, text] of texts.entries()) {
    assert.match(text, TEXTS[index] ?? /^$/);
  }
}

function assertSlack({ slack }: Receivers): void {
  assertTexts(slack.texts.map((text) => text.replaceAll("`", "")));
  const threads = slack.posts.map(({ form }) => form["thread_ts"]);
  // From the unpacking of a release on; the hook runs before that.
  assert.deepEqual(threads.slice(0, 4), Array(4).fill(undefined));
  assert.deepEqual(threads.slice(4, 9), Array(5).fill(THREAD));
  // The second release names no thread, and v3 was never unpacked.
  assert.deepEqual(threads.slice(9), Array(7).fill(undefined));
  const [error] = slack.texts.filter((text) => text.startsWith("Error"));
  assert.match(error ?? "", /\nWhat to do: Publish the version again/);
}

function assertMail({ mail: { mails } }: Receivers): void {
  assertTexts(mails.map(({ text }) => text.split("\n\n")[0] ?? ""));
  assert.ok(mails.every(({ secure, user }) => secure && user === "bob"));
  const hooks = mails.filter(({ headers }) =>
    headers.includes("Subject: Dewy Before Deploy Hook SUCCESS")
  );
  assert.equal(hooks.length, 3);
  assert.match(hooks[0]?.text ?? "", /STDOUT:\nkey \*\*\*, password \*\*\*\n/);
}

function assertWebhook({ webhook }: Receivers): void {
  const receiver = new Webhook(new TextEncoder().encode(SECRET), {
    format: "raw",
  });
  for (const { body, headers } of webhook.requests) {
    receiver.verify(body, headers);
  }
  assertTexts(webhook.bodies.map(({ message }) => String(message)));
  assert.deepEqual(webhook.bodies.map(({ event }) => event), [
    "started",
    "deploy-started",
    "artifact-downloaded",
    "hook-finished",
    "server-started",
    "deploy-succeeded",
    "deploy-started",
    "artifact-downloaded",
    "hook-finished",
    "server-started",
    "deploy-succeeded",
    "deploy-started",
    "artifact-downloaded",
    "hook-finished",
    "deploy-failed",
    "stopping",
  ]);
}

function assertNoSecret(receivers: Receivers, dewy: DewyProcess): void {
  const transcript = dewy.transcript();
  for (const secret of [TOKEN, PASSWORD, SECRET, API_KEY]) {
    assert.ok(!receivers.said.includes(secret), `"${secret}" was sent`);
    assert.ok(!transcript.includes(secret), `"${secret}" was logged`);
  }
}

Deno.test("notifiers hear that the registry fails, and that it works again", async () => {
  await using webhook = new WebhookServer();
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using _dewy = bench.start({
    args: [
      "--poll-backoff-max",
      "200ms",
      "--notifier",
      `webhook://127.0.0.1:${webhook.port}/?quiet=true`,
    ],
  });
  const messages = () => webhook.bodies.map(({ message }) => String(message));
  await bench.serves("v1.0.0");
  const away = `${bench.registry.path}.away`;
  await Deno.rename(bench.registry.path, away);
  await eventually(() => messages().some((text) => text.startsWith("⚠️")), {
    message: "the third failed check is told",
  });
  await Deno.rename(away, bench.registry.path);
  await eventually(() => /^Recovered after/.test(messages().at(-1) ?? ""), {
    message: "the recovery is told",
  });
  const errors = messages().filter((text) => text.includes("Error occurred"));
  assert.equal(errors.length, 3, messages().join("\n"));
  assert.match(errors[0] ?? "", /^Error occurred \(count: 1\): /);
  assert.ok(!messages().some((text) => text.startsWith("Automatic shipping")));
});

Deno.test("a run of one tick ends when its messages are sent", async () => {
  await using webhook = new WebhookServer();
  await using bench = await ServerBench.create();
  await bench.publish("v1.0.0");
  await using dewy = DewyProcess.start({
    cwd: bench.workdir,
    args: [
      "assets",
      "--once",
      "--registry",
      bench.registry.url,
      "--notifier",
      `webhook://127.0.0.1:${webhook.port}/`,
    ],
  });
  assert.equal(await dewy.exitCode(), 0);
  assert.deepEqual(webhook.bodies.map(({ event }) => event), [
    "started",
    "deploy-started",
    "artifact-downloaded",
    "deploy-succeeded",
  ]);
});

Deno.test("notifiers hear with what dewy ends, once and with what to do", async () => {
  await using webhook = new WebhookServer();
  await using bench = await ServerBench.create();
  const args = ["--notifier", `webhook://127.0.0.1:${webhook.port}/`];
  const events = () =>
    webhook.bodies.map(({ event, hint }) =>
      `${event}${hint === undefined ? "" : " with a remedy"}`
    );
  await using empty = bench.start({ args: ["--once", ...args] });
  assert.equal(await empty.exitCode(), 2);
  assert.deepEqual(events(), ["started", "tick-failed with a remedy"]);

  webhook.requests.splice(0);
  await bench.publish("v1.0.0");
  await Deno.mkdir(join(bench.workdir, "current"));
  await using blocked = bench.start({ args });
  assert.equal(await blocked.exitCode(), 3);
  assert.deepEqual(events(), [
    // The run before ended with an error.
    "started with a remedy",
    "ended-by-error with a remedy",
  ]);
});

Deno.test("dewy does not start with a notifier that does not exist, and tells those that do when it cannot start", async () => {
  await using webhook = new WebhookServer();
  await using bench = await ServerBench.create();
  const notifier = `webhook://127.0.0.1:${webhook.port}/`;
  await using unknown = bench.start({
    args: ["--notifier", notifier, "--notifier", "irc://host/channel"],
  });
  assert.equal(await unknown.exitCode(), 1);
  assert.match(
    unknown.transcript(),
    /scheme "irc" is unknown[^]*slack:\/\/, mail:\/\/, smtp:\/\/, webhook:\/\/, webhooks:\/\//,
  );
  assert.equal(webhook.requests.length, 0);
  await using broken = bench.start({
    args: ["--notifier", notifier],
    registry: "nowhere://host/path",
  });
  assert.equal(await broken.exitCode(), 1);
  const [failed, ...more] = webhook.bodies;
  assert.equal(failed?.["event"], "start-failed");
  assert.match(String(failed["message"]), /^Dewy cannot start: .*nowhere/);
  assert.match(String(failed["hint"]), /ghr:\/\//);
  assert.deepEqual(more, []);
});
