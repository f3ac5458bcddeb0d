import assert from "node:assert/strict";
import { ConfigError } from "../../../src/base/errors.ts";
import { renderCompletions } from "../../../src/cli/completions.ts";
import { renderHelp } from "../../../src/cli/help.ts";
import { envName, OPTIONS } from "../../../src/cli/options.ts";
import {
  type GivenOptions,
  readArguments,
} from "../../../src/cli/options_given.ts";
import type { OptionSpec } from "../../../src/cli/options_spec.ts";
import {
  checkValue,
  readNumber,
  readText,
} from "../../../src/cli/options_values.ts";
import { configError, parseAssets, parseServer } from "./parse.ts";

const TABLE: readonly OptionSpec[] = OPTIONS;
const HELP = renderHelp(undefined, { color: false });

/** A bad value for every kind that has one. */
const BAD: Readonly<Partial<Record<OptionSpec["kind"], string>>> = {
  bool: "maybe",
  int: "x",
  duration: "x",
  size: "x",
  choice: "x",
  url: "x",
};

for (const option of TABLE) {
  Deno.test(`OPTIONS show --${option.name} in the help`, () => {
    const lines = HELP.split("\n").filter((line) =>
      new RegExp(
        `^  .{4}--${option.name}(=\\S+)? +${RegExp.escape(option.description)}`,
      )
        .test(line)
    );
    assert.equal(lines.length, 1);
    if (option.short) {
      assert.match(lines[0] ?? "", new RegExp(`^  -${option.short}, `));
    }
  });

  Deno.test(`OPTIONS complete --${option.name} in every shell`, () => {
    const long = new RegExp(`(--| -l )${option.name}\\b`);
    for (const shell of ["bash", "zsh", "fish"] as const) {
      assert.match(renderCompletions(shell), long);
    }
  });

  if (option.default !== undefined) {
    Deno.test(`OPTIONS have a valid default for --${option.name}`, () => {
      const given = { text: option.default ?? "", source: "default" };
      assert.doesNotThrow(() => checkValue(option, given));
      const read = option.kind === "choice"
        ? readText(option, given)
        : readNumber(option, given);
      assert.notEqual(read, "");
    });
  }

  const bad = BAD[option.kind];
  if (option.env !== false && bad !== undefined) {
    Deno.test(`OPTIONS read ${envName(option)}`, () => {
      const { options } = readArguments([], { [envName(option)]: bad });
      const error = configError(() => options.checkAll());
      const source = option.invalid ?? `"${envName(option)}"`;
      assert.ok(error.message.includes(source), error.message);
    });
  }

  if (option.env !== false && bad === undefined) {
    Deno.test(`OPTIONS read ${envName(option)}`, () => {
      const { options } = readArguments([], { [envName(option)]: "a:1" });
      assert.match(textOrError(options, option.name), /a:1/);
    });
  }
}

/** Returns what was read, or why it was refused: either shows that it was seen. */
function textOrError(options: GivenOptions, name: string): string {
  try {
    return options.texts(name as "slot").join();
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
}

Deno.test("OPTIONS have no name or letter twice", () => {
  const words = TABLE.flatMap(({ name, short }) =>
    short ? [name, short] : [name]
  );
  assert.equal(new Set(words).size, words.length);
});

Deno.test("OPTIONS all have a one-line description without a full stop", () => {
  for (const { name, description } of TABLE) {
    assert.match(description, /^[A-Z][^\n]*[^.\s]$/, name);
    assert.ok(description.length <= 66, name);
  }
});

const FROM_ENV:
  readonly (readonly [string, string, Record<string, unknown>])[] = [
    ["DEWY_REGISTRY", "s3://r/b", { registryUrl: "s3://r/b" }],
    ["DEWY_INTERVAL", "1m", { intervalMs: 60_000 }],
    ["DEWY_POLL_BACKOFF_MAX", "0", { pollBackoffMaxMs: 0 }],
    ["DEWY_ONCE", "true", { once: true }],
    ["DEWY_ONCE", "1", { once: true }],
    ["DEWY_ONCE", "0", { once: false }],
    ["DEWY_LOG_LEVEL", "Info", { logLevel: "info" }],
    ["DEWY_NOTIFIER", "slack://a?x=b,c", { notifierUrls: ["slack://a?x=b,c"] }],
    ["DEWY_KEEP_RELEASES", "3", { keepReleases: 3 }],
    ["DEWY_MAX_ARTIFACT_SIZE", "1MiB", { maxArtifactBytes: 1_048_576 }],
    ["DEWY_HELP", "true", {}],
    ["DEWY_VERSION", "1.2.3", {}],
    ["DEWY_CACHEDIR", "/tmp/x", {}],
    ["DEWY_INTERVAL", "", { intervalMs: 10_000 }],
  ];

for (const [name, value, expected] of FROM_ENV) {
  Deno.test(`parseCommand() takes ${name}=${value}`, () => {
    const env = { DEWY_REGISTRY: "ghr://o/r", [name]: value };
    assert.deepEqual(parseAssets([], env), {
      ...parseAssets(["--registry", "ghr://o/r"]),
      ...expected,
    });
  });
}

Deno.test("parseCommand() prefers the command line to the environment", () => {
  const env = {
    DEWY_REGISTRY: "s3://r/b",
    DEWY_INTERVAL: "broken",
    DEWY_ONCE: "true",
    DEWY_NOTIFIER: "mail://x",
  };
  const settings = parseServer(
    ["-i5", "--once=false", "--notifier", "slack://y"],
    env,
  );
  assert.equal(settings.registryUrl, "ghr://o/r");
  assert.equal(settings.intervalMs, 5_000);
  assert.ok(!settings.once);
  assert.deepEqual(settings.notifierUrls, ["slack://y"]);
});

Deno.test("parseCommand() takes a comma list of ports from DEWY_PORT", () => {
  const { listen } = parseServer([], { DEWY_PORT: "8001, 8000,/run/a.sock" });
  assert.deepEqual(listen.map(({ spec }) => spec), [
    "8000",
    "8001",
    "/run/a.sock",
  ]);
});
