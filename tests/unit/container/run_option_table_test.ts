import assert from "node:assert/strict";
import type { RunOption } from "../../../src/container/run_option.ts";
import {
  RUN_OPTIONS,
  SUPPORTED_RUN_OPTIONS,
} from "../../../src/container/run_option_table.ts";
import { REFUSED_OPTIONS } from "../../../src/container/run_options_refused.ts";
import {
  CONTAINER_OPTIONS_PAGE,
  containerOptionsPage,
} from "../../../scripts/generate_container_options.ts";
import { withoutPadding } from "../../../scripts/markdown_table.ts";
import { bodyOf, readRun, refusal } from "./read_run.ts";

/** Options that say nothing without another. */
const COMPANIONS: Readonly<Record<string, readonly string[]>> = {
  "network-alias": ["--network", "front"],
};

Deno.test("no two options have a name or a letter in common", () => {
  const names = RUN_OPTIONS.flatMap((
    { name, aliases = [] },
  ) => [name, ...aliases]);
  const letters = RUN_OPTIONS.flatMap(({ short }) => short ?? []);
  assert.equal(new Set(names).size, names.length);
  assert.equal(new Set(letters).size, letters.length);
});

Deno.test("the table has every option that the docker command has", async () => {
  const { stdout } = await new Deno.Command("docker", {
    args: ["run", "--help"],
  }).output();
  const help = new TextDecoder().decode(stdout);
  const found = [...help.matchAll(/^ +(?:-(\w), )?--([\w-]+)( \S+)?/gm)];
  assert.ok(found.length > 90, help);
  for (const [, short, name = "", takes] of found) {
    const option = RUN_OPTIONS.find((known) => known.name === name);
    assert.ok(option !== undefined, `--${name} is missing`);
    assert.equal(option.short, short, name);
    assert.equal(option.takes !== undefined, takes !== undefined, name);
  }
});

for (const option of SUPPORTED_RUN_OPTIONS) {
  if (option.name === "env-file") continue;
  Deno.test(`--${option.name} means the same in every spelling`, async () => {
    const companions = COMPANIONS[option.name] ?? [];
    const [first, ...others] = await Promise.all(
      spellings(option, option.example).map((words) =>
        readRun([...companions, ...words])
      ),
    );
    assert.ok(first !== undefined);
    assert.notDeepEqual(first, await readRun(companions));
    for (const other of others) assert.deepEqual(other, first);
    if (option.field.includes(" ")) return;
    assert.notEqual(valueAt(first.body, option.field), undefined);
  });
}

for (const option of REFUSED_OPTIONS) {
  Deno.test(`--${option.name} is refused in every spelling`, () => {
    for (const words of spellings(option, "value")) {
      const error = refusal(["--init", "-e", "A=1", ...words]);
      assert.match(error.message, /option "-\S+" is refused: \w+/);
      assert.ok(error.message.endsWith(option.refused));
      assert.equal(error.hint, option.instead);
    }
  });
}

Deno.test("the last of an option that counts once wins", async () => {
  const once = await bodyOf(["--hostname", "b", "--memory=2g"]);
  const twice = await bodyOf(["-h", "a", "-m1g", "--hostname=b", "-m", "2g"]);
  assert.deepEqual(twice, once);
});

Deno.test("docs/container-options.md is what the table says", async () => {
  assert.equal(
    withoutPadding(await Deno.readTextFile(CONTAINER_OPTIONS_PAGE)),
    withoutPadding(containerOptionsPage()),
    "Run: deno run -A scripts/generate_container_options.ts && deno fmt docs",
  );
});

function spellings(option: RunOption, value: string): string[][] {
  const { name, short, aliases = [], takes } = option;
  const longs = [name, ...aliases].map((long) => `--${long}`);
  const shorts = short === undefined ? [] : [`-${short}`];
  const all = [...longs, ...shorts];
  if (takes === undefined) {
    return all.flatMap((spelling) => [[spelling], [`${spelling}=true`]]);
  }
  return [
    ...all.flatMap((spelling) => [[spelling, value], [`${spelling}=${value}`]]),
    ...shorts.map((spelling) => [`${spelling}${value}`]),
  ];
}

function valueAt(body: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? Object.entries(value).find(([name]) => name === key)?.[1]
        : undefined,
    body,
  );
}
