import assert from "node:assert/strict";
import { parseCommand } from "../../../src/cli/args.ts";
import { initSystemd } from "../../../src/cli/init_systemd.ts";
import type { InitSettings } from "../../../src/cli/settings.ts";
import { TempDir } from "../../support/temp_dir.ts";

const SERVER = ["server", "--registry", "ghr://o/app", "--port", "8000"];
/** A program that every host has, for checks that look for it. */
const PROGRAM = "/bin/true";

const LINES: Readonly<Record<string, readonly string[]>> = {
  server: [...SERVER, "--", "./current/app"],
  assets: ["assets", "--registry", "s3://eu-west-1/bucket/site"],
  container: [
    "container",
    "--registry",
    "img://ghcr.io/o/app",
    "--port",
    "8000:8080",
  ],
};

for (const [mode, words] of Object.entries(LINES)) {
  for (const runAs of [undefined, "daemon"]) {
    Deno.test(`systemd takes the unit of ${mode} mode, run as ${runAs ?? "root"}`, async () => {
      const text = init({ words, runAs });
      assert.match(
        await analyze(text, "verify", "--recursive-errors=no"),
        /^$/,
      );
      const rating = await analyze(text, "security", "--offline=true");
      const [, exposure = ""] =
        /exposure level for \S+: ([\d.]+)/.exec(rating) ??
          [];
      assert.ok(Number(exposure) > 0, rating);
      assert.ok(Number(exposure) < (runAs === undefined ? 5 : 2.5), exposure);
    });
  }
}

Deno.test("a word of the command line reaches dewy as it was written", () => {
  const words = [
    ...SERVER,
    "--",
    "./app",
    'a "b" \\c',
    "$HOME",
    "50%",
    "x\ny\rz",
  ];
  assert.equal(
    valuesOf(init({ words }), "ExecStart")[0],
    `${PROGRAM} server --registry ghr://o/app --port 8000 -- ./app ` +
      '"a \\"b\\" \\\\c" $$HOME 50%% "x\\x0ay\\x0dz"',
  );
});

Deno.test("what dewy writes to is writable, and nothing else", () => {
  const words = [
    "server",
    "--registry",
    "file:///srv/my%20releases/app?pre-release=true",
    "--cache",
    "file:///var/cache/dewy",
    "--port",
    "/run/app/app.sock",
    "--admin-socket",
    "/run/admin/app.sock",
    "--",
    "./app",
  ];
  const unit = init({ words });
  assert.deepEqual(valuesOf(unit, "ReadWritePaths"), [
    "/srv/work",
    '"-/srv/my releases/app"',
    "-/var/cache/dewy",
    "-/run/admin",
    "-/run/app",
  ]);
  assert.deepEqual(valuesOf(unit, "PrivateTmp"), ["yes"]);
  const temporary = init({ words, workdir: "/tmp/work" });
  assert.deepEqual(valuesOf(temporary, "PrivateTmp"), ["no"]);
});

Deno.test("a user gets the right to low ports only when one is asked for", () => {
  const low = [
    "server",
    "--registry",
    "ghr://o/app",
    "-p",
    "80",
    "--",
    "./app",
  ];
  const words = [...SERVER, "--", "./app"];
  const rights = (words: readonly string[]) =>
    valuesOf(init({ words, runAs: "deploy" }), "AmbientCapabilities");
  assert.deepEqual(rights(low), ["CAP_NET_BIND_SERVICE"]);
  assert.deepEqual(rights(words), [""]);
  assert.deepEqual(valuesOf(init({ words }), "AmbientCapabilities"), []);
});

Deno.test("the time to stop is that of the application and some more", () => {
  const words = [...SERVER, "--stop-timeout", "90s", "--", "./app"];
  assert.deepEqual(valuesOf(init({ words }), "TimeoutStopSec"), ["105"]);
});

Deno.test("the socket unit listens where dewy would", () => {
  const words = [
    ...["server", "--registry", "ghr://o/app", "--port"],
    "8000,[::1]:9000,/run/app.sock",
    ...["--", "./app"],
  ];
  assert.deepEqual(valuesOf(init({ words, socket: true }), "ListenStream"), [
    "0.0.0.0:8000",
    "[::1]:9000",
    "/run/app.sock",
  ]);
});

const REFUSED: readonly (readonly [UnitSettings, RegExp])[] = [
  [{ words: [] }, /none was given|not available/],
  [{ words: ["status"] }, /"status" is no command that goes on running/],
  [{ words: ["server"] }, /--registry is not set/],
  [{ words: [...SERVER, "--once", "--", "./app"] }, /--once ends by itself/],
  [{ unit: "a/b" }, /--unit "a\/b" is no name/],
  [{ runAs: "a b" }, /--run-as "a b" is no name/],
  [{ words: LINES["assets"] ?? [], socket: true }, /only dewy server/],
  [{ words: ["assets", "--registry", "file:///a%ZZ"] }, /"file:\/\/\/a%ZZ"/],
  [{ words: ["assets", "--registry", "file://a/b"] }, /must be absolute/],
  [{ words: ["assets", "--registry", "ftp://a/b"] }, /"ftp" is unknown/],
  [{ words: ["assets", "--registry", "ghr://a/b?x=1"] }, /"x" is unknown/],
  [{ workdir: "/srv/a\nb" }, /"\/srv\/a\\nb" cannot stand in one/],
];

for (const [settings, problem] of REFUSED) {
  Deno.test(`no unit is written for ${JSON.stringify(settings)}`, () => {
    assert.throws(() => init(settings), problem);
  });
}

interface UnitSettings extends Partial<InitSettings> {
  readonly workdir?: string;
}

function init(
  { workdir = "/srv/work", ...settings }: UnitSettings,
): string {
  return initSystemd({
    unit: "app",
    runAs: undefined,
    socket: false,
    words: [...SERVER, "--", "./app"],
    ...settings,
  }, {
    program: PROGRAM,
    workdir,
    parse: (words) => parseCommand(words, {}),
  });
}

function valuesOf(unit: string, name: string): string[] {
  return unit.split("\n").flatMap((line) =>
    line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []
  );
}

/** Returns what systemd-analyze prints about a unit. */
async function analyze(
  text: string,
  verb: string,
  option: string,
): Promise<string> {
  await using dir = await TempDir.create();
  const path = dir.join("app.service");
  await Deno.writeTextFile(path, text);
  const { stdout, stderr } = await new Deno.Command("systemd-analyze", {
    args: [verb, option, path],
    env: { SYSTEMD_COLORS: "0" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}
