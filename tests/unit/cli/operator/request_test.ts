import assert from "node:assert/strict";
import { parseCommand } from "../../../../src/cli/args.ts";
import { configError } from "../parse.ts";

function parseRequest(line: string, env: Record<string, string> = {}) {
  const command = parseCommand(line.split(" "), env);
  assert.ok(command.kind === "operator");
  return command.request;
}

const NOWHERE = { socket: undefined, port: undefined, tokenFile: undefined };
const PLAIN = {
  version: undefined,
  reason: undefined,
  json: false,
  wait: false,
  place: NOWHERE,
};

Deno.test("parseCommand() reads what an operator asks", () => {
  assert.deepEqual(parseRequest("status --json"), {
    ...PLAIN,
    name: "status",
    json: true,
  });
  assert.ok(parseRequest("pin v1 --wait").wait);
  assert.ok(!parseRequest("status --wait").wait);
  assert.deepEqual(parseRequest("rollback"), { ...PLAIN, name: "rollback" });
  assert.deepEqual(parseRequest("deploy v1.2.3"), {
    ...PLAIN,
    name: "deploy",
    version: "v1.2.3",
  });
  assert.deepEqual(parseRequest("hold --reason sale"), {
    ...PLAIN,
    name: "hold",
    reason: "sale",
  });
});

Deno.test("parseCommand() reads where the dewy is that is meant", () => {
  const line = "pin v1 --admin-port 18000 --admin-token-file /run/token";
  assert.deepEqual(parseRequest(line).place, {
    socket: undefined,
    port: 18_000,
    tokenFile: "/run/token",
  });
  const env = { DEWY_ADMIN_SOCKET: "/srv/app/.dewy/admin.sock" };
  assert.equal(parseRequest("unpin", env).place.socket, env.DEWY_ADMIN_SOCKET);
});

Deno.test("parseCommand() lets a bad setting of the deploying command pass", () => {
  assert.equal(
    parseRequest("status", { DEWY_INTERVAL: "bananas" }).name,
    "status",
  );
});

const REFUSED: readonly (readonly [string, RegExp, RegExp])[] = [
  ["pin", /^Cannot run "pin": no version was given$/, /pin VERSION/],
  ["status now", /^Cannot run "status": word "now" is not expected$/, /help/],
  ["deploy v1 v2", /^Cannot run "deploy": word "v2" is not expected$/, /help/],
  ["status --admin-port x", /"--admin-port" must be a whole number/, /^$/],
  ["statsu", /^Command is not available: "statsu"$/, /mean "status"/],
  ["roll-back", /^Command is not available: "roll-back"$/, /mean "rollback"/],
];

for (const [line, message, hint] of REFUSED) {
  Deno.test(`parseCommand() refuses "dewy ${line}"`, () => {
    const error = configError(() => parseCommand(line.split(" "), {}));
    assert.match(error.message, message);
    assert.match(error.hint ?? "", hint);
  });
}
