import assert from "node:assert/strict";
import { refusal } from "../../../../src/cli/operator/admin_failures.ts";
import { renderError } from "../../../../src/cli/render_error.ts";

const REFUSALS: readonly (readonly [number, string, number])[] = [
  [401, "unauthorized", 3],
  [403, "forbidden", 3],
  [429, "too-many-requests", 3],
  [409, "conflict", 4],
  [404, "not-found", 4],
  [503, "unavailable", 4],
  [500, "internal", 4],
  [400, "invalid", 1],
];

for (const [status, code, exitCode] of REFUSALS) {
  Deno.test(`refusal() gives ${status} ${code} the exit code ${exitCode}`, () => {
    const error = refusal(status, {
      error: { code, message: "Not\x1b[2J now", hint: "Wait\r" },
    }, "port 1");
    assert.deepEqual([error.exitCode, error.code], [exitCode, code]);
    assert.equal(
      renderError(error),
      "Error: Not\\x1b[2J now\n  hint: Wait\\x0d\n",
    );
  });
}

Deno.test("refusal() says what to do about a missing token", () => {
  const { hint } = refusal(401, { error: { code: "x" } }, "port 1");
  assert.match(hint ?? "", /--admin-token-file or DEWY_ADMIN_TOKEN/);
});

for (const value of [undefined, null, "404", { error: "no" }, []]) {
  Deno.test(`refusal() takes ${JSON.stringify(value)} for another program's`, () => {
    const error = refusal(404, value, "port 1");
    assert.equal(error.exitCode, 2);
    assert.match(error.message, /^Cannot use what answers at port 1: /);
  });
}
