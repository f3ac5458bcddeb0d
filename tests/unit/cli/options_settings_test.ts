import assert from "node:assert/strict";
import type { ServerSettings } from "../../../src/cli/settings.ts";
import { configError, parseServer } from "./parse.ts";

const DEFAULTS: ServerSettings = {
  command: "server",
  registryUrl: "ghr://o/r",
  intervalMs: 10_000,
  pollBackoffMaxMs: 120_000,
  tickTimeoutMs: 1_800_000,
  once: false,
  cacheUrl: undefined,
  fetchHosts: [],
  notifierUrls: [],
  slot: "",
  calver: undefined,
  logLevel: "error",
  logFormat: "text",
  beforeDeployHook: "",
  afterDeployHook: "",
  hookTimeoutMs: 600_000,
  hookFailure: "continue",
  allowDowngrade: false,
  cooldownMs: 0,
  windows: [],
  requireChecksum: false,
  maxArtifactBytes: 536_870_912,
  maxExpandedBytes: 4_294_967_296,
  maxEntries: 200_000,
  keepReleases: 7,
  adminPort: 17_539,
  adminPortGiven: false,
  adminSocket: undefined,
  adminTokenFile: undefined,
  telemetry: false,
  otlpEndpoint: undefined,
  otlpInsecure: false,
  listen: [],
  program: ["./app"],
  ready: "alive",
  healthPath: undefined,
  healthTimeoutMs: 30_000,
  confirmTimeMs: 5_000,
  killDelayMs: 60_000,
  stopTimeoutMs: 30_000,
};

Deno.test("parseCommand() fills in the defaults of server", () => {
  assert.deepEqual(parseServer([]), DEFAULTS);
});

const SET: readonly (readonly [string[], Partial<ServerSettings>])[] = [
  [["--interval", "10"], { intervalMs: 10_000 }],
  [["--interval", "5m"], { intervalMs: 300_000 }],
  [["--interval=1h30m"], { intervalMs: 5_400_000 }],
  [["-i500ms"], { intervalMs: 500 }],
  [["-i", "-3"], { intervalMs: 10_000 }],
  [["-i", "3", "-i", "4"], { intervalMs: 4_000 }],
  [["--poll-backoff-max", "0"], { pollBackoffMaxMs: 0 }],
  [["--poll-backoff-max", "300"], { pollBackoffMaxMs: 300_000 }],
  [["--tick-timeout", "1m"], { tickTimeoutMs: 60_000 }],
  [["--once"], { once: true }],
  [["--once=false"], { once: false }],
  [["--once", "--once=false"], { once: false }],
  [["--telemetry=true"], { telemetry: true }],
  [["-c", "file:///var/cache"], { cacheUrl: "file:///var/cache" }],
  [["--cache="], { cacheUrl: undefined }],
  [["--slot", "blue"], { slot: "blue" }],
  [["--calver", "YYYY.0M.MICRO"], { calver: "YYYY.0M.MICRO" }],
  [["--log-level", "DEBUG"], { logLevel: "debug" }],
  [["-lWarn", "-fJSON"], { logLevel: "warn", logFormat: "json" }],
  [["--before-deploy-hook", "a b | c"], { beforeDeployHook: "a b | c" }],
  [["--after-deploy-hook=echo -n"], { afterDeployHook: "echo -n" }],
  [["--hook-timeout", "1"], { hookTimeoutMs: 1_000 }],
  [["--hook-failure", "abort"], { hookFailure: "abort" }],
  [["--allow-downgrade"], { allowDowngrade: true }],
  [["--cooldown", "2h"], { cooldownMs: 7_200_000 }],
  [["--cooldown", "720h"], { cooldownMs: 720 * 3_600_000 }],
  [["--require-checksum"], { requireChecksum: true }],
  [["--max-artifact-size", "1GB"], { maxArtifactBytes: 1_000_000_000 }],
  [["--max-expanded-size", "1GiB"], { maxExpandedBytes: 1_073_741_824 }],
  [["--max-entries", "10"], { maxEntries: 10 }],
  [["--keep-releases", "2"], { keepReleases: 2 }],
  [["--admin-port", "0"], { adminPort: 17_539, adminPortGiven: true }],
  [["--admin-port", "9000"], { adminPort: 9_000, adminPortGiven: true }],
  [["--admin-socket", "/run/dewy.sock"], { adminSocket: "/run/dewy.sock" }],
  [["--admin-token-file", "token"], { adminTokenFile: "token" }],
  [["--otlp-endpoint", "otel:4317"], {
    otlpEndpoint: "otel:4317",
    telemetry: true,
  }],
  [["--otlp-endpoint", "http://otel:4318"], {
    otlpEndpoint: "http://otel:4318",
    telemetry: true,
  }],
  [["--otlp-endpoint", "[::1]:4317", "--otlp-insecure"], {
    otlpEndpoint: "[::1]:4317",
    telemetry: true,
    otlpInsecure: true,
  }],
  [["--notifier", "slack://a", "--notifier", "mail://b"], {
    notifierUrls: ["slack://a", "mail://b"],
  }],
  [["--ready", "notify"], { ready: "notify" }],
  [["--health-path", "/up?full=1"], { healthPath: "/up?full=1" }],
  [["--health-timeout", "0"], { healthTimeoutMs: 0 }],
  [["--confirm-time", "0"], { confirmTimeMs: 0 }],
  [["--kill-delay", "0"], { killDelayMs: 0 }],
  [["--stop-timeout", "90"], { stopTimeoutMs: 90_000 }],
  [["-p80"], {
    listen: [{ kind: "tcp", spec: "80", host: undefined, port: 80 }],
  }],
  [["--replicas", "-1", "--drain-time", "0", "--runtime", "podman"], {}],
  [["--cmd", "-c", "-n", "app", "--container-port", "8080"], {}],
  [["--proxy-idle-timeout", "-1"], {}],
];

for (const [args, expected] of SET) {
  Deno.test(`parseCommand() reads ${args.join(" ")}`, () => {
    assert.deepEqual(parseServer(args), { ...DEFAULTS, ...expected });
  });
}

const REFUSED: readonly (readonly [string[], RegExp])[] = [
  [["--interval", "0"], /"--interval" must be at least 10ms: .*"0"/],
  [["--interval", "1ns"], /at least 10ms/],
  [["--interval", "10x"], /"--interval" must be a duration: .*"10x"/],
  [["--interval="], /"--interval" must be a duration/],
  [["--interval", "1000h"], /"--interval" must be at most 596h31m23\.647s/],
  [["--poll-backoff-max", "-1"], /"--poll-backoff-max" must be at least 0s/],
  [["--drain-time", "-1"], /"--drain-time" must be at least 0s/],
  [["--tick-timeout", "0"], /at least 1ms/],
  [
    ["--log-level", "loud"],
    /must be one of debug, info, warn, error: .*"loud"/,
  ],
  [["--log-format", "xml"], /must be one of text, json: .*"xml"/],
  [["--runtime", "lxc"], /must be one of docker, podman/],
  [["--hook-failure="], /must be one of continue, abort/],
  [["--once=maybe"], /"--once" must be "true" or "false": .*"maybe"/],
  [["--max-artifact-size", "big"], /must be a size: .*"big"/],
  [["--max-artifact-size", "0"], /must be at least 1B/],
  [["--max-entries", "1.5"], /must be a whole number/],
  [["--max-entries", "1e3"], /must be a whole number/],
  [["--keep-releases", "1"], /must be at least 2/],
  [["--admin-port", "65536"], /must be at most 65535/],
  [["--container-port", "0"], /must be at least 1/],
  [["--replicas", "two"], /must be a whole number/],
  [
    ["--health-path", "up"],
    /"--health-path" must be a path that begins with "\/"/,
  ],
  [["--name", "slack://x"], /"--name" must be .*--notifier/],
  [["--otlp-endpoint", "ftp://otel:4317"], /must be "host:port"/],
  [["--otlp-endpoint", "otel"], /must be "host:port"/],
  [["--cache", "/tmp/x"], /"--cache" must be "scheme:\/\/rest"/],
  [["--notifier", "slack"], /"--notifier" must be "scheme:\/\/rest"/],
  [["--calver", "nothing"], /CalVer format "nothing"/],
  [
    ["--registry", "owner/app"],
    /^invalid registry format \(expected scheme:\/\/host\/path\): "owner\/app"$/,
  ],
  [["--port", "99999"], /^invalid port specification: /],
];

for (const [args, message] of REFUSED) {
  Deno.test(`parseCommand() refuses ${args.join(" ")}`, () => {
    assert.match(configError(() => parseServer(args)).message, message);
  });
}

Deno.test("parseCommand() hides the password of a bad URL", () => {
  const error = configError(() => parseServer(["--cache", "me:pw@host"]));
  assert.doesNotMatch(error.message, /pw/);
});
