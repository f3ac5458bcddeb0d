import assert from "node:assert/strict";
import { formatJson, formatText } from "../../../src/telemetry/log_format.ts";
import {
  LogDuration,
  type LogFields,
  type LogLine,
} from "../../../src/telemetry/logger.ts";

Deno.test("formatText() writes a record as slog does", () => {
  const fields = { path: "/srv/app", bytes: 1024, ok: true };
  assert.match(
    formatText(line(fields)),
    /^time=2026-01-15T\d\d:\d\d:00\.123(?:Z|[+-]\d\d:\d\d) level=WARN msg="Write file" path=\/srv\/app bytes=1024 ok=true$/,
  );
});

const QUOTED:
  readonly (readonly [what: string, value: string, text: string])[] = [
    ["a plain word", "v1.2.3+blue", "v1.2.3+blue"],
    ["an empty value", "", '""'],
    ["a blank", "a b", '"a b"'],
    ["an equals sign", "a=b", '"a=b"'],
    ["a quote", 'say "hi"', '"say \\"hi\\""'],
    ["a backslash", "a\\b", '"a\\\\b"'],
    ["a newline", "a\nlevel=ERROR msg=forged", '"a\\nlevel=ERROR msg=forged"'],
    ["a carriage return", "a\rb", '"a\\rb"'],
    ["an escape sequence", "\u001b[31mred", '"\\u001b[31mred"'],
    ["letters of other scripts", "größe東京", "größe東京"],
  ];

for (const [what, value, text] of QUOTED) {
  Deno.test(`formatText() writes ${what} so that it reads back as one value`, () => {
    const written = formatText(line({ field: value }));
    assert.ok(written.endsWith(` field=${text}`), written);
    assert.ok(!/\p{Cc}/u.test(written));
  });
}

Deno.test("formatText() leaves out what is undefined and writes durations as Go does", () => {
  const written = formatText(
    line({ hint: undefined, retry_in: new LogDuration(90_500) }),
  );
  assert.ok(written.endsWith(' msg="Write file" retry_in=1m30.5s'), written);
});

Deno.test("formatText() keeps a newline in a message or a name from ending the record", () => {
  const written = formatText({
    ...line({ "a\nb": "c" }),
    message: "one\ntwo",
  });
  assert.ok(!written.includes("\n"));
});

Deno.test("formatJson() writes a record as slog does, durations in nanoseconds", () => {
  const text = formatJson(line({
    error: 'say "hi"\nlevel=ERROR',
    count: 2,
    ok: false,
    hint: undefined,
    retry_in: new LogDuration(1_500),
  }));
  assert.ok(!text.includes("\n"));
  const { time, ...rest } = JSON.parse(text);
  assert.match(time, /^2026-01-15T\d\d:\d\d:00\.123000000(?:Z|[+-]\d\d:\d\d)$/);
  assert.deepEqual(rest, {
    level: "WARN",
    msg: "Write file",
    error: 'say "hi"\nlevel=ERROR',
    count: 2,
    ok: false,
    retry_in: 1_500_000_000,
  });
});

Deno.test("formatJson() lets no field of a record take the place of its own", () => {
  const text = formatJson(line({ error: '","level":"DEBUG' }));
  assert.equal(JSON.parse(text).level, "WARN");
});

function line(fields: LogFields): LogLine {
  return {
    time: Date.parse("2026-01-15T12:00:00.123Z"),
    level: "warn",
    message: "Write file",
    fields,
  };
}
