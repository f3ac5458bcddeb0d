import assert from "node:assert/strict";
import { createRedactor } from "../../../src/base/redact.ts";

const none = createRedactor({});

const MASKED:
  readonly (readonly [what: string, text: string, masked: string])[] = [
    [
      "user and password of a URL",
      "get https://bob:hunter2@host/x failed",
      "get https://***@host/x failed",
    ],
    [
      "a password with a slash or an at sign",
      "open postgres://app:p@ss/w0rd@db/app failed",
      "open postgres://***@db/app failed",
    ],
    ["a password with a slash", "'amqp://u:pa/ss@db'", "'amqp://***@db'"],
    ["a password without user", "redis://:p@ss/word@db:1", "redis://***@db:1"],
    [
      "each of two URLs",
      "https://a:b@c/ postgres://d:e/f@g/h",
      "https://***@c/ postgres://***@g/h",
    ],
    ["a token as user", "https://ghp_123@host/", "https://***@host/"],
    [
      "secret options of a URL",
      "s3://b/?region=eu&token=abc&secret=d",
      "s3://b/?region=eu&token=***&secret=***",
    ],
    [
      "a signature",
      "https://b/?X-Amz-Signature=ab12&x=1",
      "https://b/?X-Amz-Signature=***&x=1",
    ],
    [
      "an authorization header",
      "authorization: Bearer abcdefgh.ij-k",
      "authorization: Bearer ***",
    ],
  ];

for (const [what, text, masked] of MASKED) {
  Deno.test(`createRedactor() masks ${what}`, () => {
    assert.equal(none(text), masked);
  });
}

const KEPT = [
  "https://host/@scope/package",
  "https://host:8080/@scope/package@1.2.3",
  "http://[::1]:8080/a@b",
  "https://host/users?mail=a:b@c",
  "see //comment: mail bob@host",
];

for (const text of KEPT) {
  Deno.test(`createRedactor() leaves ${text}, which holds no password`, () => {
    assert.equal(none(text), text);
  });
}

Deno.test("createRedactor() takes a long text in little time", () => {
  const startedAt = performance.now();
  none("//a:".repeat(20_000));
  none(`//${"a:b/".repeat(20_000)}`);
  none("//a:b@".repeat(20_000));
  const passed = performance.now() - startedAt;
  assert.ok(passed < 1_000, `${passed} ms`);
});

Deno.test("createRedactor() masks passwords, keys and data sources of variables", () => {
  const redact = createRedactor({
    SMTP_PASS: "pass-of-smtp",
    SIGNING_KEY: "key-of-signing",
    SENTRY_DSN: "dsn-of-sentry",
    DATABASE_URL: "postgres://app:url-password@db/app",
    REDIS_URL: "redis://:p%40ss@ca/che@cache:6379",
    SIGNING_KEY_PATH: "/etc/signing",
    SIGNING_KEY_ID: "id-of-key",
    SIGNING_KEY_FILE: "/etc/file",
    COMPASS: "north-east",
    MONKEY: "bonobo",
    BASE_URL: "https://example.com/",
    PROXY_URL: "http://user:abc@proxy",
  });
  assert.equal(
    redact("pass-of-smtp key-of-signing dsn-of-sentry"),
    "*** *** ***",
  );
  assert.equal(redact("with url-password to db"), "with *** to db");
  assert.equal(redact("with p%40ss@ca/che or p@ss@ca/che"), "with *** or ***");
  for (const text of ["/etc/signing", "id-of-key", "/etc/file", "north-east"]) {
    assert.equal(redact(text), text);
  }
  const words = "bonobo https://example.com/ abc app";
  assert.equal(redact(words), words);
});

Deno.test("createRedactor() masks values of variables with a secret's name", () => {
  const redact = createRedactor({
    GH_TOKEN: "supersecret",
    AWS_SECRET_ACCESS_KEY: " key-with-blanks \n",
    db_password: "hunter2",
    HOME: "/home/bob",
  });
  assert.equal(
    redact("a supersecret b key-with-blanks c hunter2 /home/bob"),
    "a *** b *** c *** /home/bob",
  );
});

Deno.test("createRedactor() masks a secret that holds another one whole", () => {
  const redact = createRedactor({ A_TOKEN: "secret", B_TOKEN: "secret-long" });
  assert.equal(redact("secret-long secret"), "*** ***");
});

Deno.test("createRedactor() leaves words that a short secret happens to be", () => {
  const redact = createRedactor({
    A_TOKEN: "on",
    B_TOKEN: "",
    C_TOKEN: "     ",
  });
  assert.equal(redact("on and on     "), "on and on     ");
});

Deno.test("createRedactor() masks values with signs of a pattern", () => {
  const redact = createRedactor({ A_TOKEN: "a.c$&(x" });
  assert.equal(redact("a.c$&(x abc$&(x"), "*** abc$&(x");
});

Deno.test("createRedactor() masks the headers that metrics are pushed with", () => {
  const redact = createRedactor({
    OTEL_EXPORTER_OTLP_HEADERS:
      "authorization=Bearer%20tok-123456, x-api-key=key%2F7654321",
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: "x-other=seven%7etimes,broken=%zz1234",
  });
  const said = redact(
    "OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20tok-123456, x-api-key=key%2F7654321 tok-123456 key/7654321 seven~times %zz1234",
  );
  assert.ok(!/tok-|765|times|zz12/.test(said), said);
});
