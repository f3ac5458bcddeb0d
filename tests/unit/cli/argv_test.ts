import assert from "node:assert/strict";
import { normaliseArgv } from "../../../src/cli/argv.ts";
import { configError } from "./parse.ts";

const REWRITTEN: readonly (readonly [string[], string[]])[] = [
  [[], []],
  [["--registry", "a://b"], ["--registry=a://b"]],
  [["--registry=a://b?c=d"], ["--registry=a://b?c=d"]],
  [["--registry="], ["--registry="]],
  [["--registry", ""], ["--registry="]],
  [["-p", "80"], ["--port=80"]],
  [["-p80"], ["--port=80"]],
  [["-p=80"], ["--port=80"]],
  [["-p=80-90"], ["--port=80-90"]],
  [["-p80", "-p", "81"], ["--port=80", "--port=81"]],
  [["-h"], ["--help=true"]],
  [["-hv"], ["--help=true", "--version=true"]],
  [["-vp80"], ["--version=true", "--port=80"]],
  [["-vp", "80"], ["--version=true", "--port=80"]],
  [["-hv=false"], ["--help=true", "--version=false"]],
  [["-ldebug"], ["--log-level=debug"]],
  [["--telemetry"], ["--telemetry=true"]],
  [["--telemetry=false"], ["--telemetry=false"]],
  [["--once", "true"], ["--once=true", "true"]],
  [["--interval", "-5"], ["--interval=-5"]],
  [["-i", "-5s"], ["--interval=-5s"]],
  [["-i-5"], ["--interval=-5"]],
  [["--cmd", "-c"], ["--cmd=-c"]],
  [["--cmd=-c"], ["--cmd=-c"]],
  [["--cmd", "--once"], ["--cmd=--once"]],
  [["--cmd", "sh", "--cmd", "-c"], ["--cmd=sh", "--cmd=-c"]],
  [["--slot", "-"], ["--slot=-"]],
  [["--before-deploy-hook", "a=b\nc"], ["--before-deploy-hook=a=b\nc"]],
  [["server", "-", "", "007"], ["server", "-", "", "007"]],
  [["a", "--once", "b"], ["a", "--once=true", "b"]],
  [["--", "--nope", "-x", "--"], ["--", "--nope", "-x", "--"]],
  [["--once", "--", "-p", "80"], ["--once=true", "--", "-p", "80"]],
];

for (const [args, expected] of REWRITTEN) {
  Deno.test(`normaliseArgv() rewrites ${JSON.stringify(args)}`, () => {
    assert.deepEqual(normaliseArgv(args), expected);
  });
}

const REFUSED: readonly (readonly [string[], RegExp, RegExp])[] = [
  [
    ["--regsitry", "x"],
    /unknown option "--regsitry"$/,
    /^Did you mean "--registry"\?$/,
  ],
  [["--regsitry=x"], /unknown option "--regsitry"$/, /"--registry"/],
  [["--log-lvl"], /unknown option "--log-lvl"$/, /"--log-level"/],
  [["--intervall", "3"], /unknown option/, /"--interval"/],
  [["--keep"], /unknown option "--keep"/, /"--keep-releases"/],
  [["--bananas"], /unknown option "--bananas"$/, /"dewy --help"/],
  [
    ["--no-telemetry"],
    /unknown option "--no-telemetry"/,
    /"--telemetry=false"/,
  ],
  [["--constructor"], /unknown option "--constructor"/, /--help/],
  [["--__proto__=1"], /unknown option "--__proto__"/, /--help/],
  [["--=x"], /unknown option "--"/, /--help/],
  [["---once"], /unknown option "---once"/, /"--once"/],
  [["-x"], /unknown option "-x"$/, /--help/],
  [["-hx"], /unknown option "-x"$/, /--help/],
  [["-8"], /unknown option "-8"$/, /--help/],
  [
    ["--registry", "--once"],
    /option "--registry" needs a value$/,
    /"--registry=--once"/,
  ],
  [
    ["--before-deploy-hook", "-x"],
    /needs a value$/,
    /"--before-deploy-hook=-x"/,
  ],
  [["-p", "-i"], /option "-p" needs a value$/, /"--port=-i"/],
  [
    ["--artifact", "x"],
    /option "--artifact" does not exist/,
    /\?artifact=NAME/,
  ],
  [["-a", "x"], /option "-a" does not exist/, /\?artifact=NAME/],
  [["--verbose"], /option "--verbose" does not exist/, /--log-level debug/],
  [["--keeptime=5"], /option "--keeptime" does not exist/, /--keep-releases/],
  [["--timezone", "UTC"], /option "--timezone" does not exist/, /TZ/],
  [["--user", "www"], /option "--user" does not exist/, /User=/],
  [["--group", "www"], /option "--group" does not exist/, /Group=/],
  [
    ["--workdir", "/srv"],
    /option "--workdir" does not exist/,
    /WorkingDirectory=/,
  ],
  [["-d", "/srv"], /option "-d" does not exist/, /folder/],
  [["-r", "ghr://o/r"], /option "-r" does not exist/, /--registry/],
  [["--notify", "slack://x"], /option "--notify" does not exist/, /--notifier/],
];

for (const [args, message, hint] of REFUSED) {
  Deno.test(`normaliseArgv() refuses ${JSON.stringify(args)}`, () => {
    const error = configError(() => normaliseArgv(args));
    assert.match(error.message, /^Cannot parse arguments: /);
    assert.match(error.message, message);
    assert.match(error.hint ?? "", hint);
  });
}

for (const args of [["--registry"], ["-p"], ["--cmd"], ["--cmd", "--", "x"]]) {
  Deno.test(`normaliseArgv() misses the value of ${JSON.stringify(args)}`, () => {
    const error = configError(() => normaliseArgv(args));
    assert.match(error.message, /needs a value$/);
    assert.equal(error.hint, undefined);
  });
}
