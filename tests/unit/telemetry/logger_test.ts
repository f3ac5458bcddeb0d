import assert from "node:assert/strict";
import { createRedactor } from "../../../src/base/redact.ts";
import { openLogger } from "../../../src/telemetry/logger.ts";

Deno.test("openLogger() writes what is severe enough, one line each", () => {
  const lines: string[] = [];
  const logger = openLogger({
    level: "warn",
    format: "json",
    redact: (text) => text,
    write: (line) => lines.push(line),
  });
  for (const level of ["debug", "info", "warn", "error"] as const) {
    logger.log(level, `At ${level}`);
  }
  assert.ok(lines.every((line) => line.endsWith("}\n")));
  assert.deepEqual(lines.map((line) => JSON.parse(line).level), [
    "WARN",
    "ERROR",
  ]);
});

Deno.test("openLogger() masks secrets in messages and fields", () => {
  const lines: string[] = [];
  const logger = openLogger({
    level: "debug",
    format: "text",
    redact: createRedactor({ GH_TOKEN: "supersecret" }),
    write: (line) => lines.push(line),
  });
  logger.log("info", "Got supersecret", {
    stdout: "token: supersecret",
    url: "https://bob:pw@host/",
    count: 1,
  });
  const [line = ""] = lines;
  assert.match(
    line,
    /msg="Got \*\*\*" stdout="token: \*\*\*" url=https:\/\/\*\*\*@host\/ count=1\n$/,
  );
});

Deno.test("openLogger() takes braces for what they are", () => {
  const lines: string[] = [];
  const logger = openLogger({
    level: "debug",
    format: "json",
    redact: (text) => text,
    write: (line) => lines.push(line),
  });
  logger.log("info", "Value {count} {{x}}", { count: 1 });
  assert.equal(JSON.parse(lines[0] ?? "").count, 1);
});
