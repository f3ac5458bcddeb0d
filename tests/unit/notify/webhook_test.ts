import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { DewyError, SourceError } from "../../../src/base/errors.ts";
import { WebhookNotifier } from "../../../src/notify/webhook.ts";
import { makeCertificates } from "../../support/certificates.ts";
import { notice, ORIGIN } from "../../support/notices.ts";
import { result } from "../../support/sample_events.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { WebhookServer } from "../../support/webhook_server.ts";

const NEVER = new AbortController().signal;
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

function open(
  url: string,
  env: Record<string, string> = {},
): Promise<WebhookNotifier> {
  return WebhookNotifier.open(url, { origin: ORIGIN, env });
}

Deno.test("WebhookNotifier posts a message as JSON", async () => {
  await using server = new WebhookServer();
  const notifier = await open(`webhook://127.0.0.1:${server.port}/a/b`);
  await notifier.send(
    notice({ version: "v1.2.3", hint: "Rest", details: { failures: 2 } }),
    NEVER,
  );
  const [request] = server.requests;
  assert.equal(request?.method, "POST");
  assert.equal(request.path, "/a/b");
  assert.equal(request.headers["content-type"], "application/json");
  assert.equal(request.headers["webhook-signature"], undefined);
  assert.deepEqual(JSON.parse(request.body), {
    id: "0b9d8a3e-6f5c-4d61-9f0e-6f7f3f5f7a10",
    event: "server-started",
    level: "info",
    important: true,
    time: "2026-01-15T10:30:45.000Z",
    host: "web1",
    command: "server",
    workdir: "/srv/app",
    version: "v1.2.3",
    message: "Server started for v1.2.3",
    hint: "Rest",
    details: { failures: 2 },
    dewy: "1.0.0",
  });
});

Deno.test("WebhookNotifier posts the result of a hook", async () => {
  await using server = new WebhookServer();
  const notifier = await open(`webhook://127.0.0.1:${server.port}/`);
  await notifier.send(notice({ kind: "hook", hook: result }), NEVER);
  assert.deepEqual(server.bodies[0]?.["hook"], {
    when: "before",
    command: "make ready",
    exit_code: 0,
    duration_ms: 1_500,
    timed_out: false,
    stdout: "done",
    stderr: "",
  });
});

/** Where the secret comes from, and how a receiver has it. */
const SECRETS = [
  { name: "the URL", query: `?secret=${SECRET}`, env: {} },
  { name: "WEBHOOK_SECRET", query: "", env: { WEBHOOK_SECRET: SECRET } },
  {
    name: "the URL before WEBHOOK_SECRET",
    query: `?secret=${SECRET}`,
    env: { WEBHOOK_SECRET: "another" },
  },
];

for (const { name, query, env } of SECRETS) {
  Deno.test(`WebhookNotifier signs with the secret of ${name}, so that a library of Standard Webhooks agrees`, async () => {
    await using server = new WebhookServer();
    const url = `webhook://127.0.0.1:${server.port}/hook${query}`;
    await (await open(url, env)).send(notice(), NEVER);
    const [request] = server.requests;
    assert.ok(request !== undefined);
    const { body, headers } = request;
    const receiver = new Webhook(SECRET);
    assert.deepEqual(receiver.verify(body, headers), JSON.parse(body));
    assert.throws(() => receiver.verify(`${body} `, headers));
    assert.throws(() =>
      receiver.verify(body, { ...headers, "webhook-timestamp": "1768473045" })
    );
    assert.ok(!body.includes(SECRET), "the secret is in the body");
    assert.ok(!JSON.stringify(headers).includes(SECRET), "in the headers");
    assert.equal(request.path, "/hook");
  });
}

Deno.test("WebhookNotifier takes any text for a secret", async () => {
  await using server = new WebhookServer();
  const secret = "open sesame, bitte öffnen";
  const query = `secret=${encodeURIComponent(secret)}`;
  const notifier = await open(`webhook://127.0.0.1:${server.port}/?${query}`);
  await notifier.send(notice(), NEVER);
  const [request] = server.requests;
  assert.ok(request !== undefined);
  const receiver = new Webhook(new TextEncoder().encode(secret), {
    format: "raw",
  });
  assert.ok(receiver.verify(request.body, request.headers));
});

Deno.test("the receiver in the documentation takes what is genuine and recent, and nothing else", async () => {
  const docs = await Deno.readTextFile(
    new URL("../../../docs/notifiers.md", import.meta.url),
  );
  const [, code = ""] = /```ts\n([^]*?)```/.exec(docs) ?? [];
  const source = `${code}\nexport { isGenuine };`;
  const { isGenuine }: {
    isGenuine: (headers: Headers, body: string, key: Uint8Array) => boolean;
  } = await import(
    `data:application/typescript,${encodeURIComponent(source)}`
  );
  await using server = new WebhookServer();
  const key = new TextEncoder().encode("staple-of-the-receiver");
  const url = `webhook://127.0.0.1:${server.port}/`;
  const notifier = await open(`${url}?secret=staple-of-the-receiver`);
  await notifier.send(notice(), NEVER);
  const [request] = server.requests;
  assert.ok(request !== undefined);
  const { body } = request;
  const headers = new Headers(request.headers);
  assert.ok(isGenuine(headers, body, key));
  assert.ok(!isGenuine(headers, `${body} `, key));
  assert.ok(!isGenuine(headers, body, key.slice(1)));
  assert.ok(!isGenuine(new Headers(), body, key));
  headers.set("webhook-timestamp", "1768473045");
  assert.ok(!isGenuine(headers, body, key));
});

Deno.test("WebhookNotifier signs each attempt with its own time and the same id", async () => {
  await using server = new WebhookServer();
  const url = `webhook://127.0.0.1:${server.port}/?secret=${SECRET}`;
  const notifier = await open(url);
  const message = notice();
  await notifier.send(message, NEVER);
  await notifier.send(message, NEVER);
  const [first, second] = server.requests;
  assert.equal(first?.headers["webhook-id"], message.id);
  assert.equal(second?.headers["webhook-id"], message.id);
  const now = Date.now() / 1000;
  const sentAt = Number(second?.headers["webhook-timestamp"]);
  assert.ok(Math.abs(now - sentAt) < 60, `sent at ${sentAt}, now is ${now}`);
});

const ANSWERS = [
  [500, "unavailable"],
  [503, "unavailable"],
  [429, "unavailable"],
  [408, "unavailable"],
  [400, "denied"],
  [401, "denied"],
  [404, "denied"],
  [302, "denied"],
] as const;

for (const [status, code] of ANSWERS) {
  Deno.test(`WebhookNotifier takes ${status} for ${code}`, async () => {
    await using other = new WebhookServer();
    await using server = new WebhookServer();
    server.answer = () =>
      new Response("no", {
        status,
        headers: {
          location: `http://127.0.0.1:${other.port}/`,
          "retry-after": "7",
        },
      });
    const notifier = await open(
      `webhook://127.0.0.1:${server.port}/services/T0/top-secret`,
    );
    const error = await failure(notifier.send(notice(), NEVER));
    assert.equal(error.code, code);
    assert.equal(error.retryAfterMs, 7_000);
    assert.ok(!error.message.includes("top-secret"), error.message);
    assert.equal(other.requests.length, 0, "the redirect was followed");
  });
}

Deno.test("WebhookNotifier says nothing of its path when nobody answers", async () => {
  const server = new WebhookServer();
  const url = `webhook://127.0.0.1:${server.port}/services/T0/top-secret`;
  await server[Symbol.asyncDispose]();
  const error = await failure((await open(url)).send(notice(), NEVER));
  assert.equal(error.code, "unavailable");
  assert.ok(!error.message.includes("top-secret"), error.message);
  assert.match(error.message, /^Cannot reach webhook:\/\/127\.0\.0\.1:\d+: /);
});

Deno.test("WebhookNotifier posts over HTTPS to who has a certificate of the named authority", async () => {
  await using dir = await TempDir.create();
  const files = await makeCertificates(dir.path);
  await using server = new WebhookServer({
    cert: await Deno.readTextFile(files.cert),
    key: await Deno.readTextFile(files.key),
  });
  const url = `webhooks://localhost:${server.port}/`;
  const trusting = await open(`${url}?ca=${files.ca}`);
  try {
    await trusting.send(notice(), NEVER);
  } finally {
    trusting.close();
  }
  assert.equal(server.requests.length, 1);
  const error = await failure((await open(url)).send(notice(), NEVER));
  assert.equal(error.code, "unavailable");
  assert.match(error.message, /certificate|UnknownIssuer/i);
  assert.equal(server.requests.length, 1);
});

const REFUSED = [
  ["webhook:///path", /names no host/],
  ["webhook://bob:hunter22@host/", /must not hold a user/],
  ["webhooks://host/?secrt=x", /option "secrt" is unknown/],
  ["webhooks://host/?ca=relative.pem", /must be an absolute path/],
  ["webhooks://host/?ca=/nowhere/ca.pem", /Cannot read authorities/],
] as const;

for (const [url, says] of REFUSED) {
  Deno.test(`WebhookNotifier refuses "${url}"`, async () => {
    await assert.rejects(open(url), (error) => {
      assert.ok(error instanceof DewyError);
      assert.match(error.message, says);
      assert.ok(!error.message.includes("hunter22"));
      return true;
    });
  });
}

async function failure(sending: Promise<void>): Promise<SourceError> {
  try {
    await sending;
  } catch (error) {
    assert.ok(error instanceof SourceError, String(error));
    return error;
  }
  assert.fail("it was taken");
}
