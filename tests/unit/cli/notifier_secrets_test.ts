import assert from "node:assert/strict";
import { createRedactor } from "../../../src/base/redact.ts";
import { notifierSecrets } from "../../../src/cli/notifier_secrets.ts";

const HIDDEN: readonly (readonly [url: string, secret: string])[] = [
  ["webhooks://hooks.example.com/x?secret=staple%20horse", "staple horse"],
  ["mail://host/ops@example.com?password=hunter22", "hunter22"],
  [
    "webhooks://hooks.example.com/services/T0/B0/XoXoXoXoXoXoXoXo1234",
    "XoXoXoXoXoXoXoXo1234",
  ],
];

for (const [url, secret] of HIDDEN) {
  Deno.test(`notifierSecrets() has "${secret}" masked`, () => {
    const redact = createRedactor(notifierSecrets([url]));
    assert.equal(redact(`it said ${secret} twice`), "it said *** twice");
    assert.ok(!redact(`DEWY_NOTIFIER=${url}`).includes(secret));
  });
}

Deno.test("notifierSecrets() leaves ordinary words of a path", () => {
  const url = "webhook://127.0.0.1:8080/dewy/deploys?quiet=true";
  const redact = createRedactor(notifierSecrets([url]));
  assert.equal(redact("deploys of /srv/dewy"), "deploys of /srv/dewy");
});
