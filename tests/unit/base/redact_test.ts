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
