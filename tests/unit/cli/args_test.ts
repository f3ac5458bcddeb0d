import assert from "node:assert/strict";
import { parseCommand } from "../../../src/cli/args.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import { configError, parseAssets } from "./parse.ts";

const R = "--registry=ghr://o/r";
const PROGRAMS: readonly (readonly [string[], string[]])[] = [
  [["server", R, "--", "./app", "-x"], ["./app", "-x"]],
  [["server", R, "./app", "serve"], ["./app", "serve"]],
  [[R, "server", "./app"], ["./app"]],
  [["server", "./app", R, "007"], ["./app", "007"]],
  [["server", "./app", R, "--", "--registry=no", "-p", "1e3", ""], [
    "./app",
    "--registry=no",
    "-p",
    "1e3",
    "",
  ]],
  [["server", R, "--", "sh", "-c", "--", "0x10"], ["sh", "-c", "--", "0x10"]],
  [["--once", "server", R, "true"], ["true"]],
  [[R, "--", "server", "./app", "--once"], ["./app", "--once"]],
  [["server", R, "--", "server"], ["server"]],
];

for (const [args, program] of PROGRAMS) {
  Deno.test(`parseCommand() finds the program in ${args.join(" ")}`, () => {
    const command = parseCommand(args, {});
    assert.ok(command.kind === "server");
    assert.deepEqual(command.settings.program, program);
  });
}

const OTHER: readonly (readonly [string[], unknown])[] = [
  [["--version"], { kind: "version", logFormat: "text" }],
  [["-v", "-f", "json"], { kind: "version", logFormat: "json" }],
  [["--help"], { kind: "help", topic: undefined }],
  [["-hv"], { kind: "help", topic: undefined }],
  [["server", "--help"], { kind: "help", topic: "server" }],
  [["--help", "assets"], { kind: "help", topic: "assets" }],
  [["container", "-h", "-p", "x"], { kind: "help", topic: "container" }],
  [["nonsense", "-h"], { kind: "help", topic: undefined }],
  [["help"], { kind: "help", topic: undefined }],
  [["help", "completions"], { kind: "help", topic: "completions" }],
  [["completions", "zsh"], { kind: "completions", shell: "zsh" }],
];

for (const [args, expected] of OTHER) {
  Deno.test(`parseCommand() reads "dewy ${args.join(" ")}"`, () => {
    assert.deepEqual(parseCommand(args, {}), expected);
  });
}

Deno.test("parseCommand() ignores positionals of assets", () => {
  assert.equal(parseAssets([R, "a", "--", "b"]).registryUrl, "ghr://o/r");
});

const WITH_HELP: readonly (readonly [string[], RegExp, RegExp])[] = [
  [[], /^Command is not available: none was given$/, /server, assets/],
  [[R], /^Command is not available: none was given$/, /server, assets/],
  [["servr"], /^Command is not available: "servr"$/, /mean "server"/],
  [["image"], /^Command is not available: "image"$/, /mean "container"/],
  [["version"], /^Command is not available: "version"$/, /"--version"/],
  [["bananas"], /^Command is not available: "bananas"$/, /^Commands: server/],
  [["toString"], /^Command is not available: "toString"$/, /^Commands/],
  [["server", "./app"], /^--registry is not set$/, /DEWY_REGISTRY/],
  [["assets", "--registry="], /^--registry is not set$/, /--registry URL/],
  [["container"], /^--registry is not set$/, /--registry URL/],
  [["server", R], /^Cannot run "server": no program was given$/, /after "--"/],
];

for (const [args, message, hint] of WITH_HELP) {
  Deno.test(`parseCommand() wants help shown after "dewy ${args.join(" ")}"`, () => {
    const error = configError(() => parseCommand(args, {}));
    assert.ok(error instanceof UsageError);
    assert.match(error.message, message);
    assert.match(error.hint ?? "", hint);
  });
}

const WITHOUT_HELP: readonly (readonly [string[], RegExp])[] = [
  [["help", "bananas"], /^Cannot show help: topic "bananas" is unknown$/],
  [["completions"], /one of bash, zsh, fish: none was given$/],
  [["completions", "csh"], /one of bash, zsh, fish: current value is "csh"$/],
  [
    ["container", R, "-p", "80"],
    /^Cannot run "container": "ghr:\/\/o\/r" is no registry of images$/,
  ],
  [["container", R], /^--port option is required for container command$/],
  [["container", R, "-p", "1-2"], /^failed to parse port mappings: /],
  [["container", "list", "--replicas=x"], /whole number/],
];

for (const [args, message] of WITHOUT_HELP) {
  Deno.test(`parseCommand() refuses "dewy ${args.join(" ")}"`, () => {
    const error = configError(() => parseCommand(args, {}));
    assert.ok(!(error instanceof UsageError));
    assert.match(error.message, message);
  });
}

Deno.test("parseCommand() reads container mode", () => {
  const command = parseCommand([
    "container",
    ...["--registry", "img://ghcr.io/acme/web?slot=blue"],
    ...["-p", "8000", "-p", "9090:50051/tcp", "--container-port", "8080"],
    ...["--proxy-workers", "2", "--hold-time", "5s", "--access-log", "json"],
    ...["--trusted-proxy", "10.0.0.0/8", "--on-exit", "leave"],
    ...["--", "--env", "A=b"],
  ], {});
  assert.ok(command.kind === "container");
  const { app, ports, proxy, onExit, runWords, replicas } = command.settings;
  assert.equal(app, "web");
  assert.equal(replicas, 1);
  assert.equal(onExit, "leave");
  assert.deepEqual(ports, [
    { proxy: 8_000, container: 8_080, protocol: "http" },
    { proxy: 9_090, container: 50_051, protocol: "tcp" },
  ]);
  assert.equal(proxy.workers, 2);
  assert.equal(proxy.limits.holdMs, 5_000);
  assert.equal(proxy.accessLog, "json");
  assert.deepEqual(proxy.trustedProxies, ["10.0.0.0/8"]);
  assert.deepEqual(runWords, ["--env", "A=b"]);
});

Deno.test("parseCommand() reads container list", () => {
  const args = ["container", "list", "--admin-port", "18000"];
  assert.deepEqual(parseCommand(args, {}), {
    kind: "container-list",
    adminPort: 18_000,
  });
});
