import assert from "node:assert/strict";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { renderHelp } from "../../../src/cli/help.ts";

const HELP = renderHelp(undefined, { color: false });

Deno.test("renderHelp() names the project, the usage and every block", () => {
  assert.match(
    HELP,
    /^dewy: .+\n\nUsage: dewy \[--version\] \[--help\] command <options>\n/,
  );
  const titles = HELP.split("\n").filter((line) => /^[A-Z].*:$/.test(line));
  assert.deepEqual(titles, [
    "Commands:",
    "General Options:",
    "Server Command Options:",
    "Container Command Options:",
    "Operator Command Options:",
    "Init Command Options:",
    "Environment:",
  ]);
});

Deno.test("renderHelp() pads spellings to 40 columns", () => {
  const lines = HELP.split("\n");
  assert.ok(lines.includes(
    `  ${
      "-i, --interval=duration".padEnd(40)
    } Pause between two polls of the registry (default: 10s)`,
  ));
  assert.ok(
    lines.some((line) =>
      line.startsWith(
        `  ${"-l, --log-level=debug|info|warn|error".padEnd(40)} L`,
      )
    ),
  );
});

Deno.test("renderHelp() says what 0 does where it is no length of time", () => {
  const server = renderHelp("server", { color: false }).split("\n");
  const lineOf = (name: string) =>
    server.find((line) => line.includes(`--${name}=`)) ?? "";
  assert.match(lineOf("stop-timeout"), /0 = no wait, kill at once/);
  assert.match(lineOf("kill-delay"), /0 = never/);
  assert.match(lineOf("health-timeout"), /0 = must be ready at once/);
});

Deno.test("renderHelp() lists every command", () => {
  for (const { name, description } of COMMANDS) {
    assert.ok(HELP.includes(`  ${name.padEnd(40)} ${description}\n`), name);
  }
});

Deno.test("renderHelp() writes escape codes only when told to", () => {
  const escape = "\x1b[";
  assert.ok(!HELP.includes(escape));
  const coloured = renderHelp("server", { color: true });
  assert.ok(coloured.startsWith(`${escape}1;36mdewy${escape}0m: `));
  assert.equal(
    coloured.replace(`${escape}1;36m`, "").replace(`${escape}0m`, ""),
    renderHelp("server", { color: false }),
  );
});

Deno.test("renderHelp() shows with a command only what concerns it", () => {
  const assets = renderHelp("assets", { color: false });
  assert.match(assets, /^Usage: dewy assets \[options\]$/m);
  assert.match(assets, /--registry/);
  assert.doesNotMatch(assets, /--port|--ready|--replicas|container/);
  const server = renderHelp("server", { color: false });
  assert.match(server, /--port.*\n.*--ready/);
  assert.doesNotMatch(server, /--replicas/);
  const completions = renderHelp("completions", { color: false });
  assert.doesNotMatch(completions, /--registry/);
});
