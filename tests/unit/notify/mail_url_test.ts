import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { parseMailUrl } from "../../../src/notify/mail_url.ts";

const URL = "mail://smtp.example.com/ops@example.com";
const ENV = {
  MAIL_USERNAME: "bob",
  MAIL_PASSWORD: "hunter22",
  MAIL_FROM: "dewy@example.com",
};

/** URL, environment, and what is read of them. */
const READ: readonly (readonly [
  url: string,
  env: Record<string, string>,
  expected: Record<string, unknown>,
])[] = [
  [`${URL}?from=a@b.c`, {}, {
    host: "smtp.example.com",
    port: 587,
    tls: "offered",
    auth: undefined,
    from: "a@b.c",
    to: "ops@example.com",
    subject: "Dewy Notification",
    quiet: false,
  }],
  [URL, ENV, {
    tls: "required",
    auth: { user: "bob", pass: "hunter22" },
    from: "dewy@example.com",
  }],
  [`${URL}?username=al&password=p%26q&from=x@y.z`, ENV, {
    auth: { user: "al", pass: "p&q" },
    from: "x@y.z",
  }],
  [URL, { MAIL_USERNAME: "bob@b.c", MAIL_PASSWORD: "x" }, { from: "bob@b.c" }],
  [URL, { MAIL_USERNAME: "bob@b.c" }, { from: "bob@b.c", auth: undefined }],
  [`${URL}?to=else@example.com&from=a@b.c`, {}, { to: "ops@example.com" }],
  ["smtp://h/?to=a@b.c,d@e.f&from=x@y.z&subject=Hi%20you&quiet=t", {}, {
    to: "a@b.c,d@e.f",
    subject: "Hi you",
    quiet: true,
  }],
  ["MAIL://h:465/a@b.c?from=x@y.z", ENV, { port: 465, tls: "implicit" }],
  ["mail://h:2525/a@b.c?from=x@y.z&tls=implicit", {}, { tls: "implicit" }],
  ["mail://h/a@b.c?from=x@y.z&tls=true", {}, { tls: "required" }],
  ["mail://h/a@b.c?from=x@y.z&tls=required", {}, { tls: "required" }],
  ["mail://h/a@b.c?from=x@y.z&tls=false", {}, { tls: "none" }],
  ["mail://localhost/a@b.c?tls=false", ENV, { tls: "none" }],
  ["mail://127.0.0.1/a@b.c", ENV, { tls: "offered" }],
  ["mail://[::1]:2525/a@b.c?from=x@y.z", {}, { host: "::1", port: 2525 }],
  ["mail:///a@b.c?from=x@y.z&host=h&port=26", {}, { host: "h", port: 26 }],
  ["mail://eve:pass@h/a@b.c", ENV, { host: "h" }],
];

for (const [url, env, expected] of READ) {
  Deno.test(`parseMailUrl() reads "${url}" with ${Object.keys(env).length} variables`, () => {
    const settings: Record<string, unknown> = { ...parseMailUrl(url, env) };
    for (const [name, value] of Object.entries(expected)) {
      assert.deepEqual(settings[name], value, name);
    }
  });
}

const REFUSED: readonly (readonly [
  url: string,
  env: Record<string, string>,
  says: RegExp,
])[] = [
  [URL, {}, /"from" is missing/],
  ["mail://h?from=a@b.c", {}, /"to" is missing/],
  ["mail:///a@b.c?from=a@b.c", {}, /"host" is missing/],
  [
    `${URL}?from=a@b.c&password=hunter22`,
    {},
    /password is given without a user/,
  ],
  [`${URL}?tls=false`, ENV, /password would go in the clear/],
  [`${URL}?from=a@b.c&tls=maybe`, {}, /tls "maybe" is unknown/],
  ["mail://h:99999/a@b.c?from=a@b.c", {}, /port "99999" is none/],
  ["mail://bob:hunter22@h/a@b.c?from=a@b.c", {}, /user before the host/],
  [`${URL}?form=a@b.c`, {}, /option "form" is unknown/],
];

for (const [url, env, says] of REFUSED) {
  Deno.test(`parseMailUrl() refuses "${url}" with ${Object.keys(env).length} variables`, () => {
    assert.throws(() => parseMailUrl(url, env), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, says);
      assert.ok(error.hint !== undefined);
      assert.ok(!`${error.message}${error.hint}`.includes("hunter22"));
      return true;
    });
  });
}
